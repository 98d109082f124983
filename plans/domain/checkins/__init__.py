"""What a patient is asked, what was answered, and what follows from it. Plain Python: no database, no clock.

    occasions ──► spec ──► response ──► flags ──► (the review queue)
    when it is    what is   pages,       what makes
    due           asked     scores       somebody look

A check-in falls due on an occasion (`occasions`). When it is begun, what it asks is decided once (`spec.decide`) from
versioned questionnaires (`instrument_file`) and kept with it. A `Response` is the check-in in progress: it reads a
posted page, says which page comes next, scores complete scales and runs the rules (`flags`); dangers are told of at
once, whatever the rules find (`dangers`).

    >>> from datetime import date
    >>> from plans.domain.checkins.response import Response
    >>> from plans.domain.checkins.spec import decide
    >>> asked = decide(form="weekly", language="en", today=date(2026, 11, 30), last_long={}, taking=True)
    >>> step = Response(asked).answer("safety_a", {"s_fit": ["yes"], "s_seeing": ["no"]})
    >>> step.response.findings[0].rule
    'U1'
    >>> step.response.screens(step.page.items)      # shown before the next question
    (<Screen.EMERGENCY: 'emergency'>,)
    >>> step.following.code
    'safety_b'

What nobody answered is judged by `flags.silence`; what a clinic may set, and its own questions, stand in
`clinic_rules` and `clinic_questionnaires`; whom a patient can call, in `help_lines` and `abuse_lines`.
"""
