"""What a document is, before anything is drawn."""
