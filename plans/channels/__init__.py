"""How messages are sent: one folder for each channel.

A channel takes facts, renders them in the reader's language, hands the message over and reports its fate by the phase
that the conversation reached: sent, rejected, retry or unknown (`fates`). It knows neither rows nor services.

`email` carries messages to patients and staff; `push` and `sms` carry short ones to staff (`short`), without a word of
health.
"""
