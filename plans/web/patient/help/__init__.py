"""Whom to call: a page that needs no link, no session and no script, in the language of its address.

GET /help/us/es     # 988, and how to reach somebody who speaks Spanish
"""
