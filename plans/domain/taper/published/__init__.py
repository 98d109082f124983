"""Tapers that somebody has published, by name: a file each, with its source, and what it prints to compare ours with.

`files.py` reads them: `schedule("scotland_lorazepam_2")`. A request that follows one names it
(`published`). Issued plans keep that name, so a file that was part of a release is never taken away or renamed.
"""
