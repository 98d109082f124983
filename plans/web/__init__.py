"""Pages and addresses: what a request may do, which services it calls, and what it shows.

A view is a function with one mark from `gate`, rows through `services`, words from `wording` and a template. Nothing is
decided here that a service could decide, and no query runs while a template renders. The rooms (`clinician/…`,
`patient/…`, `account`) do not import each other; what several need lies beside them, what both sides need in `parts`.

    @require_safe                                     # which methods
    @staff_page(May.LOOK)                             # who: the mark that the access matrix asks for
    def caseload_page(request: StaffRequest) -> HttpResponse:
        pages = caseload(request.actor, show="all")   # a service, given who asks
        return page(request, "clinic/caseload.html", {"pages": pages})

A new page is a view in its room, a line in the room's `urls.py`, a template, and a row in the access matrix.
"""
