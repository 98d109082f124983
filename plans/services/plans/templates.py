"""A clinic's templates of plans: how a dose is lowered here, kept under a name, without anything of a patient.

A template is part of the plan form as typed. Which part is `plans.web.clinician.plan.templates`'; the services keep it,
and nothing is issued by it: a plan begun from one is judged and signed like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from plans.domain.errors import NotFound, Refused
from plans.domain.json import JsonObject
from plans.models import Clinic
from plans.services import audit, clock
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May

Form = Mapping[str, list[str]]
LONGEST_NAME: Final = 80
MOST: Final = 50
_MOST_CHARACTERS: Final = 100_000
_KEY: Final = "plan_templates"


@dataclass(frozen=True, slots=True)
class PlanTemplate:
    """A template: its name, the fields of the form, who kept it and on which day (ISO), and whether every new plan of
    the clinic begins from it."""

    name: str
    form: Form
    by: str
    on: str
    usual: bool = False

    def to_json(self) -> JsonObject:
        """What the clinic's row holds of it, under its name."""
        return {"form": dict(self.form), "by": self.by, "on": self.on, "usual": self.usual}


def templates(actor: Actor) -> tuple[PlanTemplate, ...]:
    """The templates of the actor's own clinic, by name."""
    return _of(get_clinic_for(actor))


def usual(actor: Actor) -> PlanTemplate | None:
    """The template from which every new plan begins; None where the clinic has none."""
    return next((one for one in templates(actor) if one.usual), None)


@transaction.atomic
def keep(*, by: Actor, name: str, form: Form) -> bool:
    """Keep part of a form under a name; True if it takes the place of a template of that name.

    Raises NotAllowed for who does not manage the clinic, and Refused("template_name_missing", "text_too_long",
    "too_many_templates").
    """
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    called = " ".join(name.split())
    if not called:
        raise Refused(reason="template_name_missing", where="template_name")
    if (
        len(called) > LONGEST_NAME
        or sum(len(text) for texts in form.values() for text in texts) > _MOST_CHARACTERS
    ):
        raise Refused(reason="text_too_long", where="template_name")
    before = {one.name: one for one in _of(clinic)}
    if called not in before and len(before) >= MOST:
        raise Refused(reason="too_many_templates", where="template_name", most=MOST)
    was = before.get(called)
    today = clock.today(clinic.zone).isoformat()
    before[called] = PlanTemplate(called, form, by.name, today, usual=was is not None and was.usual)
    _save(clinic, before, "clinic.template_kept", by, called)
    return was is not None


@transaction.atomic
def remove(*, by: Actor, name: str) -> None:
    """Forget a template; plans begun from it stay as they are. Raises NotAllowed and NotFound."""
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    standing = _of(clinic)
    gone = _one(standing, name)
    _save(clinic, {one.name: one for one in standing if one is not gone}, "clinic.template_removed", by, name)


@transaction.atomic
def begin_from(*, by: Actor, name: str) -> None:
    """Let every new plan of the clinic begin from a template, or from none with an empty name. Raises NotAllowed and
    NotFound."""
    clinic = get_clinic_for(by, May.MANAGE, lock=True)
    standing = _of(clinic)
    chosen = _one(standing, name) if name else None
    marked = {
        one.name: PlanTemplate(one.name, one.form, one.by, one.on, usual=one is chosen) for one in standing
    }
    _save(clinic, marked, "clinic.template_usual", by, name)


def _of(clinic: Clinic) -> tuple[PlanTemplate, ...]:
    kept = clinic.settings.get(_KEY, {})
    return tuple(PlanTemplate(name, **kept[name]) for name in sorted(kept))


def _one(found: tuple[PlanTemplate, ...], name: str) -> PlanTemplate:
    for one in found:
        if one.name == name:
            return one
    raise NotFound(what="PlanTemplate")


def _save(clinic: Clinic, found: Mapping[str, PlanTemplate], act: str, by: Actor, name: str) -> None:
    clinic.settings = {**clinic.settings, _KEY: {name: one.to_json() for name, one in found.items()}}
    clinic.save(update_fields=["settings"])
    audit.record(by=by, act=act, subject_kind="clinic", subject_id=clinic.pk, facts={"name": name})
