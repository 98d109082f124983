"""A check-in as a patient answers it, from the link to the receipt.

A `CheckInRequest` is one request: its link and its check-in. `views` shows or saves a page; `helping` is the help
that an answer brings up at once; `failures` are the pages for when nothing could be saved; `beside` are the pages
around the questions.

    POST /c/ page=safety_b s_thoughts=yes  →  saved, an item is raised  →  the page of help, before anything else
"""
