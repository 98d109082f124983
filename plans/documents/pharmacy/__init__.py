"""The pharmacy sheet: what to dispense and when, and what changed since the previous version."""
