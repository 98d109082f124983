"""The list of calls, and the page of one call.

/calls                whom to call, in order of worry; later; not at all; what was recorded today
/calls/next           claim the first patient whom nobody is calling
/calls/<patient>      number, what to say, what came of it; from here to the check-in by phone
"""
