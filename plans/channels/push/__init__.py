"""Push messages, through Apprise: its kinds of addresses, limited to the schemes and hosts that the operator allows.

addresses.clean("ntfys://ntfy.sh/a-long-topic-nobody-guesses")
by_apprise.make().send(message)          # SENT, REJECTED, RETRY or UNKNOWN
"""
