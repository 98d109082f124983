"""Servers for the demo and the tests: PostgreSQL, Valkey, mail, and the launcher that starts them."""
