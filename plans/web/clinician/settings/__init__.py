"""The clinic itself: its facts, members, who is on call, advice, rules and questions of its own, and its history.

What is printed is tried before it is kept: `advice_trial` draws page 1 of a calendar with the words as typed.

    trial(texts, "en")     # None: it fits on page 1; else why it does not
"""
