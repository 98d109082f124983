"""Whom to call: pages that need no link, no session and no script, in the language of their address.

GET /help/<country>/<language>     # 988 in the United States in Spanish, and how to reach somebody who speaks Spanish
"""
