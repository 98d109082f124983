"""What is about to happen to the patient of an item, in words: the first thing on its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from plans.domain.taper.plan_states import PlanState
from plans.services.item_page import ItemPage
from plans.services.plan_summaries import PlanSummary
from plans.web.untyped import Context
from plans.wording.cautions import caution_words
from plans.wording.doses import day_dose_words
from plans.wording.drugs import listed
from plans.wording.patient_facts import fact_words
from plans.wording.plans import days_count, short_day, weekday_day


@dataclass(frozen=True, slots=True)
class AheadLines:
    """The next change in words, whether it comes `before` the item must be resolved, and what bears on it."""

    change: str
    before: bool
    today: str
    taken: str
    other_dose: bool
    record: str
    cautions: tuple[str, ...]
    pharmacy: str
    agreed: str
    agreed_by: str
    agreed_at: datetime | None
    visits: str


def ahead_of(item: ItemPage, taken: Context | None) -> AheadLines | None:
    """What is about to happen; None for an item of the clinic itself. `taken` as from `taken_context`."""
    card, plan = item.patient, item.row.plan
    if card is None:
        return None
    agreed = item.ahead.agreed
    resolve_on = item.resolve_due.astimezone(card.local_now.tzinfo).date()
    next_on = plan.next_change_on if plan else None
    return AheadLines(
        change=change_words(plan),
        before=item.row.resolved_at is None and next_on is not None and next_on <= resolve_on,
        today=day_dose_words(plan.dose, clinician=True) if plan and plan.dose is not None else "",
        taken=str(taken["words"]) if taken else "",
        other_dose=bool(taken and taken["differs"]),
        record=listed([fact_words(one) for one in (*card.conditions, *card.substances, *card.medicines)]),
        cautions=tuple(caution_words(one) for one in item.ahead.cautions),
        pharmacy=card.pharmacy,
        agreed=agreed.note if agreed else "",
        agreed_by=agreed.by if agreed else "",
        agreed_at=agreed.at if agreed else None,
        visits=_visits(item),
    )


def change_words(plan: PlanSummary | None) -> str:
    """The next change of a plan in words and days: "diazePAM 2 mg from tomorrow"."""
    if plan is None:
        return _("No plan is followed")
    if plan.state == PlanState.PAUSED:
        return _("The plan is paused: nothing changes")
    if plan.next_change_on is None or plan.next_dose is None:
        if plan.state == PlanState.HELD:
            return _("No change: held until reviewed")
        return _("No change is ahead")
    dose = day_dose_words(plan.next_dose, clinician=True) if plan.next_dose else _("no dose any more")
    days = plan.days_to_change or 0
    if days <= 1:
        return _("%(dose)s from tomorrow") % {"dose": dose}
    facts = {"dose": dose, "day": weekday_day(plan.next_change_on), "in": days_count(days)}
    return _("%(dose)s from %(day)s, in %(in)s") % facts


def _visits(item: ItemPage) -> str:
    past, coming = item.ahead.visited_on, item.ahead.next_visit_on
    said = []
    if past is not None:
        said.append(_("Last visit %(day)s") % {"day": short_day(past)})
    if coming is not None:
        said.append(_("Next visit %(day)s") % {"day": short_day(coming)})
    return ", ".join(said)
