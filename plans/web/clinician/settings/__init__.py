"""Clinic settings: facts, members, who is on call, advice, rules, the clinic's own questions, and history.

Printed text is tried before it is saved: `advice_trial` draws page 1 of a calendar with it.

    trial(texts, "en")     # None if it fits on page 1, else why not
"""
