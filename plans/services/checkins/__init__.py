"""Check-ins: when they are due, what was answered, and what became of it."""
