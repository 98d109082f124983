"""The message log: what was sent, what was not, and the decision where that is unknown.

may or may not have been sent   →   "send again" or "leave it": decided once, by a person, and recorded
"""
