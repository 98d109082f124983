"""A check-in as a patient answers it, from the link to the receipt.

A `Visit` is one request: through which link, and which check-in. `views` shows a page or saves it; `helping` is what an
answer brings up at once; `failures` is what is said when nothing could be saved; `beside` are the pages beside the
questions.

    POST /c/ page=safety_b s_thoughts=yes  →  saved, an item is raised  →  the page of help, before anything else
"""
