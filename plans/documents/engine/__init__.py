"""The drawing engine of all documents: canvas, text fitting, signs, QR codes, heads and feet, and page flow."""
