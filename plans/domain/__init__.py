"""The rules, in plain Python: no Django, no clock, no input or output, and no binary floats near a dose.

- `taper/`: what to take.
- `checkins/`: what to ask, and what in the answers makes somebody look.
- `review/`: what a clinician is to do about it, and by when.
- `documents/`: what a document says.
- Beside them: `amounts` (doses), `regimen` (what is taken on a day, of every drug), `errors` (refusals), `notices`
  (messages), `outbox` (the life of one), `audit` (what the audit trail can hold), `people`.

A function takes what it needs, `today` or `now` among it, and gives codes and facts; sentences are made later, in
`plans.wording`. Amounts are whole units of 0.00001 mg, so that nothing is rounded on the way:

    >>> from plans.domain.amounts import Dose
    >>> (Dose.parse("0.5").units, Dose(12500).text)
    (50000, '0.125')
"""
