"""What to take: from a request to a schedule that is judged and can be dispensed.

    request ──► layout ──► schedule ──► limits, cautions ──► supply
    (what is     (days of     (steps:       (what it goes       (what a pharmacy
     asked for)   each dose)   day, dose,    past, and what      gives, and when)
                               pieces)       that asks for)

- `request.TaperRequest` is what a clinician asked for, read from JSON and refused by the path of what is wrong.
- `layout.Layout` asks a method (`methods/`: percent, fixed amount, typed …) for the doses, and `tablets` for the
  pieces that make each of them; a dose that no pieces make is never printed.
- `schedule.Schedule` is the answer: steps without a gap between them, each a regimen taken on every day of it.
- `limits.judge` compares it with guideline limits (`limit_rules`), `cautions.screen` with what is known of the patient.
  Neither changes a schedule: a finding is read, or signed with a reason, or the plan cannot be issued.
- `supply.plan_supply` counts what is dispensed.
- `engine.build` does all of it; the same request gives the same taper, on any machine, on any day.

Ten milligrams of diazepam at night, down by a tenth of the present dose every fortnight:

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

The nine milligrams as they are taken, in quarters of a tablet:

    >>> [(dose.time.value, [(take.quarters, take.product.name) for take in dose.take]) for dose in second.doses]
    [('night', [(4, 'diazepam tablet 5 mg'), (8, 'diazepam tablet 2 mg')])]

What a clinician must give a reason for (nothing, since it keeps to the guideline), and what the first fill holds:

    >>> [(found.rule, found.steps) for found in taper.verdicts if found.level.value == "needs_reason"]
    []
    >>> [(fill.product.name, fill.whole_units) for fill in taper.supply.fills if fill.first == first.start]
    [('diazepam tablet 2 mg', 28), ('diazepam tablet 5 mg', 14), ('diazepam tablet 10 mg', 14)]

What happens to a plan afterwards is in `plan_states` (its life), `amendments` (every change, alone or with others),
`revisions` (hold, step back, slow down, stay),
`going_on` (from a dose really taken) and `snapshot` (the text of an issued version, which is the truth).
"""
