"""A plan: drafted, issued, viewed, changed, printed.

`draft` is the form, saved as it is typed. `forms` turns what is typed into the JSON request of a taper, which the
domain reads; `result` shows what it makes; a refusal is shown at the field its path belongs to:

    "14 12"  →  PlanForm.request  →  services.plans.preview  →  BadRow at method.rows[0]  →  beside "Rows"

`together` shows the whole plans that a draft allows to the patient, to choose from. `views` is the page of an issued
plan, `revise` and `going_on` change it, `taken_dose` records what was actually taken, `compare` puts two versions
beside each other, `calendar` and `documents` are what is printed.
"""
