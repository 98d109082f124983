"""Check-ins as rows: scheduling them, saving answers, and raising flags and review items.

A session (`sessions`) says who answers: through a link in a message, through the patient's own link, or a member of
staff on the phone. Everything else takes a session.

    session = sessions.for_link(link)
    view = responses.look(session)                            # what a page shows; writes nothing
    saved = saving.save_page(session, page="safety_a", posted={"s_fit": ["yes"], "s_seeing": ["no"]})
    saved.screens, saved.following, saved.urgency             # immediate help, the next page, who acts by when

Saving is one transaction: load the response, answer the page, write what is new, raise flags (`flag_store`) and the
item and alert they ask for. Answers that cannot be written are stored raw (`raw`) and filed later by the tick; findings
can be reproduced years later (`replay`). Occasions are scheduled ahead (`occasions`), and their messages
with them (`ladder`).
"""
