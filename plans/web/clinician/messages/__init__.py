"""The message log: what went out and what did not, and the choice where nobody can know.

a message whose fate is unknown   →   "send again" or "leave it": a person decides, once, and the history says who
"""
