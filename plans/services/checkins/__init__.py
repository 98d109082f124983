"""Check-ins as rows: when they are due, what was answered, and what became of it.

Who answers is a session (`sessions`): a link in a message, a link of the patient's own, or a member of staff on the
phone. Everything else is asked of a session.

    session = sessions.for_link(link)
    view = responses.look(session)                            # what a page shows; writes nothing
    saved = saving.save_page(session, page="safety_a", posted={"s_fit": ["yes"], "s_seeing": ["no"]})
    saved.screens, saved.following, saved.urgency             # help at once, the next page, who acts by when

Saving is one transaction: load the response, answer the page, write what is new, raise flags (`flag_store`) and the
item and alert they ask for. What cannot be written is kept raw (`raw`) and filed by a tick; what was found can be
found again years later (`replay`). Occasions are scheduled ahead (`occasions`, `scheduling`), and their messages with
them (`ladder`).
"""
