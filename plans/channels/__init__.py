"""How messages are sent: one folder for each channel.

A channel is handed facts, renders them in the reader's language, hands the message over and says what became of it, by
the phase of the conversation: sent, rejected, later or unknown. It knows no rows and no services.
"""
