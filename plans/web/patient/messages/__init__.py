"""A patient's choices about messages: confirm the address, set day and time, stop, start again.

POST /m/<token> List-Unsubscribe=One-Click  →  stopped, without a page: the request comes from a mail program
"""
