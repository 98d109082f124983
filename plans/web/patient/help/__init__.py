"""Whom to call: a page that needs no link, no session and no script, in the language of its address.

GET /help/<country>/<language>     # 988 in the United States in Spanish, and how to reach somebody who speaks Spanish
"""
