"""What a patient decides about messages: is this my address, when to write, stop, start again.

POST /m/<token> List-Unsubscribe=One-Click  →  stopped, without a page: a mail program asks, not a person
"""
