"""What every document is drawn with: the canvas, text that fits, signs, codes, heads and feet, and the page flow."""
