"""The taper engine: from a request to a schedule that has been checked and can be dispensed.

    request ──► layout ──► schedule ──► limits, cautions ──► supply
    (what is     (days of     (steps:       (what it exceeds,   (what a pharmacy
     asked for)   each dose)   day, dose,    and what that       dispenses, and
                               pieces)       requires)           when)

- `request.TaperRequest` is what a clinician asked for, read from JSON; a refusal names the path of what is wrong.
- `layout.Layout` gets the doses from a method (`methods/`: percent, fixed amount, typed …) and the pieces that make
  them from `tablets`; a dose that cannot be made from pieces is never printed.
- `schedule.Schedule` is the result: contiguous steps, each with one regimen.
- `limits.judge` compares it with guideline limits (`limit_rules`), `cautions.screen` with the patient's record.
  Neither changes a schedule: a finding is a note, needs a signed reason, or prevents the plan from being issued.
- `supply.plan_supply` counts what is dispensed.
- `engine.build` does all of this; the same request gives the same taper, on any machine, on any day.

Diazepam 10 mg at night, reduced by a tenth of the current dose every two weeks:

    >>> from plans.domain.taper.engine import build
    >>> from plans.domain.taper.request import TaperRequest
    >>> taper = build(TaperRequest.from_json({
    ...     "start": "2026-11-30",
    ...     "regimen": [{"time": "night", "drug": "diazepam", "dose_mg": "10"}],
    ...     "method": {"name": "percent_of_current", "percent": "10", "interval_days": 14},
    ... }))
    >>> first, second, *_, last = taper.schedule.steps
    >>> [(str(step.start), step.day.dose("diazepam").text, step.kind.value) for step in (first, second, last)]
    [('2026-11-30', '10', 'start'), ('2026-12-14', '9', 'cut'), ('2027-10-18', '0', 'stop')]

The 9 mg as taken, counted in quarters of a tablet:

    >>> [(dose.time.value, [(take.quarters, take.product.name) for take in dose.take]) for dose in second.doses]
    [('night', [(4, 'diazepam tablet 5 mg'), (8, 'diazepam tablet 2 mg')])]

The findings that need a reason (none, since the plan keeps to the guideline), and the first fill:

    >>> [(found.rule, found.steps) for found in taper.verdicts if found.level.value == "needs_reason"]
    []
    >>> [(fill.product.name, fill.whole_units) for fill in taper.supply.fills if fill.first == first.start]
    [('diazepam tablet 2 mg', 28), ('diazepam tablet 5 mg', 14), ('diazepam tablet 10 mg', 14)]

What happens to a plan afterwards is in `plan_states` (its states), `amendments` (changes, alone or combined),
`revisions` (hold, step back, slow down, stay), `going_on` (continuing from a dose really taken) and `snapshot` (the
authoritative text of an issued version).
"""
