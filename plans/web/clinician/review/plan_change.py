"""What a change of the plan would do, shown first; the button names the result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from plans.domain.errors import TaperplanError
from plans.services.actors import Actor
from plans.services.item_page import ItemPage
from plans.services.plans import revise
from plans.web.clinician.review.forms import ActForm
from plans.wording.doses import day_dose_words, per_day_words
from plans.wording.drugs import forms_as_in, listed, product_words
from plans.wording.plans import (
    fresh_words,
    hold_button,
    hold_words,
    problem,
    refused,
    short_day,
    short_day_year,
    unsent_words,
)

LEAVE: Final = "leave"


@dataclass(frozen=True, slots=True)
class Moved:
    """One line of what will change: before and after."""

    what: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        """Whether anything changes."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class ActPreview:
    """What the chosen change would do. `button` names the result; `problem` says why it cannot be done; `shown` is
    sent back with the button, so that exactly what was shown is done.
    """

    act: str
    button: str
    busy: str
    version: int
    moved: list[Moved]
    findings: int
    problem: str
    lock: int
    shown: str = ""

    @property
    def next_version(self) -> int:
        """The number of the version the change would make."""
        return self.version + 1


def _day(day: date | None, *, year: bool = False) -> str:
    if day is None:
        return _("none")
    return short_day_year(day) if year else short_day(day)


def act_preview(actor: Actor, item: ItemPage, form: ActForm) -> ActPreview:
    """The consequences of the form's values, or of its initial ones. Changes nothing."""
    plan = item.row.plan
    assert plan is not None  # noqa: S101  # the caller has looked
    act, params, wrong = _asked(form)
    if act == LEAVE:
        return ActPreview(
            "leave",
            _("Leave the plan as it is"),
            _("Saving…"),
            plan.version or 0,
            [],
            0,
            "",
            plan.lock,
            LEAVE,
        )
    if wrong:
        return ActPreview(act, "", "", plan.version or 0, [], 0, wrong, plan.lock)
    try:
        found = revise.preview_revision(actor, plan_id=plan.plan_id, act=act, params=params)
    except TaperplanError as refusal:
        return ActPreview(act, "", "", plan.version or 0, [], 0, problem(refusal), plan.lock)
    if found.because:
        said = refused("second_signature")
        return ActPreview(act, "", "", found.version, [], 0, said, found.lock)
    return ActPreview(
        act=act,
        button=_button(act, found),
        busy=_("Saving…"),
        version=found.version,
        moved=_moved(found),
        findings=len(found.findings),
        problem="",
        lock=found.lock,
        shown=found.digest,
    )


def _asked(form: ActForm) -> tuple[str, dict[str, object], str]:
    if not form.is_bound:
        start = form.initial
        return start["act"], {"days": int(start["days"]), "from": start["start"]}, ""
    if form.is_valid():
        return form.cleaned_data["act"], form.params(), ""
    chosen = form.data.get("act-act", "hold")
    wrong = next(
        (str(words[0]) for name, words in form.errors.items() if name in ("act", "days", "start")), ""
    )
    if wrong:
        return chosen, {}, wrong
    return form.cleaned_data["act"], form.params(), ""


def _button(act: str, found: revise.Consequences) -> str:
    if act == "hold":
        until = found.after.next_change
        return hold_button(until) if until else _("Hold %(n)s days") % {"n": found.days}
    if act == "step_back":
        return _("Step back to %(dose)s") % {"dose": per_day_words(found.after.dose, clinician=True)}
    return _("Slow down to a step every %(n)s days") % {"n": found.days}


def _moved(found: revise.Consequences) -> list[Moved]:
    before, after = found.before, found.after
    lines = [
        Moved(
            _("Dose a day"),
            day_dose_words(before.dose, clinician=True),
            day_dose_words(after.dose, clinician=True),
        ),
        Moved(_("Next change"), _day(before.next_change), _day(after.next_change)),
        Moved(_("Last dose"), _day(before.last_dose, year=True), _day(after.last_dose, year=True)),
    ]
    if before.held_until or after.held_until:
        lines.append(Moved(_("Hold"), hold_words(before.held_until), hold_words(after.held_until)))
    fresh = fresh_words(found.messages, told=found.told, at_once=found.told_at_once)
    lines.append(Moved(_("Messages"), unsent_words(found.messages), fresh))
    more = [(product, now - was) for product, was, now in found.to_dispense if now != was]
    if more:
        with forms_as_in(found.country):
            named = [(product_words(product, named=True, clinician=True), n) for product, n in more]
        words = listed([f"{'+' if n > 0 else '−'}{abs(n)} × {product}" for product, n in named])
        lines.append(Moved(_("To dispense"), "", words))
    return lines
