"""What a document says: the facts that documents and messages are made from, and their words."""
