"""What is taken a day, by drug and time of day: fields parsed as strictly as those of the plan form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.amounts import Dose
from plans.domain.taper import catalogue
from plans.domain.taper.request import Intake
from plans.web.clinician.plan.dose_times import add_times, field_names, read_times, times_rows
from plans.web.clinician.plan.fields import choice_field
from plans.web.clinician.plan_start import times_initial
from plans.wording.taper import drug_words

ROWS: Final = ("a", "b", "c")
NOTHING: Final = "nothing"


def add_regimen(form: forms.Form) -> None:
    """Add three drugs with their times of day to a form, and a box for "nothing at all"."""
    drugs = [
        ("", _("None")),
        *((one.name, drug_words(one.name, clinician=True)) for one in catalogue.drugs()),
    ]
    for row, label in zip(ROWS, (_("Drug"), _("Second drug"), _("Third drug")), strict=True):
        form.fields[f"drug_{row}"] = choice_field(label, drugs, required=False)
        add_times(form, row)
    form.fields[NOTHING] = forms.BooleanField(label=_("No dose is taken at all"), required=False)


def regimen_initial(regimen: Sequence[Intake]) -> dict[str, str]:
    """The initial values of the fields."""
    found: dict[str, str] = {}
    for row, drug in zip(ROWS, dict.fromkeys(one.drug for one in regimen), strict=False):
        found[f"drug_{row}"] = drug
        found |= times_initial(row, [one for one in regimen if one.drug == drug])
    return found


def read_regimen(form: forms.Form, found: Mapping[str, object]) -> tuple[Intake, ...]:
    """The regimen as typed; each problem is put beside its field."""
    regimen: list[Intake] = []
    seen: set[str] = set()
    for row in ROWS:
        drug = str(found.get(f"drug_{row}") or "")
        given = read_times(form, row, found)
        wrong = any(name in form.errors for name in field_names(row))
        if not drug:
            if given or wrong:
                form.add_error(f"drug_{row}", gettext("Choose the drug for these doses, or clear them."))
            continue
        if drug in seen:
            form.add_error(
                f"drug_{row}", gettext("This drug is already entered above. Choose a different one, or None.")
            )
            continue
        seen.add(drug)
        if not given and not wrong:
            form.add_error(f"{row}_morning", gettext("Enter the dose taken, for at least one time of day."))
        regimen += [Intake(one.time, drug, Dose.parse(one.dose_mg)) for one in given]
    _check_nothing(form, bool(found.get(NOTHING)), regimen)
    return tuple(regimen)


def _check_nothing(form: forms.Form, nothing: bool, regimen: Sequence[Intake]) -> None:
    if nothing and regimen:
        form.add_error(NOTHING, gettext("Doses are entered above. Clear them, or untick this box."))
    elif not nothing and not regimen and not _touched(form):
        form.add_error("drug_a", gettext("Enter what is taken, or tick that no dose is taken at all."))


def _touched(form: forms.Form) -> bool:
    """Whether a field of the regimen already has a problem."""
    names = [NOTHING, *(f"drug_{row}" for row in ROWS)]
    names += [name for row in ROWS for name in field_names(row)]
    return any(name in form.errors for name in names)


def regimen_rows(form: forms.Form) -> list[dict[str, object]]:
    """The fields as the template draws them: one row for each drug."""
    return [
        {
            "drug": form[f"drug_{row}"],
            **times_rows(form, row),
            "open": row == "a" or bool(form[f"drug_{row}"].value() or form[f"drug_{row}"].errors),
        }
        for row in ROWS
    ]
