"""Published tapers by name, one file each: the source, our request, and the printed steps to compare it with.

`files.py` reads them: `schedule("scotland_lorazepam_2")`. A request names the schedule it follows (`published`). Issued
plans keep that name, so a file that was part of a release is never removed or renamed.
"""
