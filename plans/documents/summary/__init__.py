"""The visit summary: what was answered, decided and planned since the last visit, in tables."""
