"""What a patient is asked, what was answered, and which flags that raises. Plain Python: no database, no clock.

    occasions ──► spec ──► response ──► flags ──► (the review queue)
    when it is    what is   pages,       what makes
    due           asked     scores       somebody look

A check-in falls due on an occasion (`occasions`). When it begins, its questions are chosen once (`spec.decide`) from
versioned questionnaires (`instrument_file`) and stored with it. A `Response` is the check-in in progress: it reads a
posted page, names the next page, scores complete scales and runs the rules (`flags`). Dangers are shown at once,
whatever the rules find (`dangers`).

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

`flags.silence` judges missed check-ins. What a clinic may set is in `clinic_rules`, its own questions in
`clinic_questionnaires`, and whom a patient can call in `help_lines` and `abuse_lines`.
"""
