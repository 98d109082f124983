"""How messages are sent: one folder for each channel.

A channel takes facts, renders them in the reader's language, hands the message over and reports its fate by the phase
that the conversation reached: sent, rejected, retry or unknown. It knows neither rows nor services.
"""
