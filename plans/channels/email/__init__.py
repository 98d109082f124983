"""E-mail: rendering, headers, and the conversation with a mail server."""
