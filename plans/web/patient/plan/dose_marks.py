"""Ticking off today's doses on the plan page, behind the second fact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from plans.domain.errors import Refused
from plans.domain.link_policy import LinkAct
from plans.services import dose_marks, patient_pages
from plans.services.links import LinkView
from plans.services.patient_pages import PatientPlan
from plans.web.forms import single
from plans.web.gate import patient_page
from plans.web.patient import link_session
from plans.web.patient.plan.second_fact import needs_fact
from plans.web.patient.plan.today import DoseWords, doses_of
from plans.wording import taper
from plans.wording.times import hour_words


@dataclass(frozen=True, slots=True)
class MarkRow:
    """One of today's doses: what to take, how it was ticked ("" if it was not) and when. `first`: the next one to
    take, with the primary button.
    """

    dose: DoseWords
    time: str
    drug: str
    name: str
    how: str
    hour: str
    first: bool


def context_of(plan: PatientPlan) -> dict[str, object]:
    """Today's doses with their ticks; empty if nothing is to be taken."""
    if plan.today is None or not plan.today.doses:
        return {"mark_rows": (), "marked_all": False}
    zone = ZoneInfo(plan.holder.zone)
    standing = dose_marks.marks_on(plan.plan_id, plan.day)
    several = len(plan.schedule.drugs) > 1
    rows: list[MarkRow] = []
    for dose, said in zip(plan.today.doses, doses_of(plan.today, plan.country), strict=True):
        name = taper.time_words(dose.time)
        if several:
            name = f"{name}, {taper.drug_words(dose.drug)}"
        tick = standing.get((dose.time.value, dose.drug))
        hour = hour_words(tick.at.astimezone(zone).time(), plan.holder.country) if tick else ""
        first = tick is None and not any(row.first for row in rows)
        rows.append(MarkRow(said, dose.time.value, dose.drug, name, tick.how if tick else "", hour, first))
    return {"mark_rows": tuple(rows), "marked_all": all(row.how for row in rows)}


@patient_page(LinkAct.MARK)
@link_session.by_press(link_session.PLAN)
@needs_fact(LinkAct.MARK)
def mark(request: HttpRequest, link: LinkView) -> HttpResponse:
    """Tick a dose off, or undo the tick."""
    try:
        dose_marks.mark(
            link,
            on=date.fromisoformat(single(request.POST, "on")),
            time=single(request.POST, "time"),
            drug=single(request.POST, "drug"),
            # An empty value undoes a tick; two values are not that.
            how=single(request.POST, "how") if len(request.POST.getlist("how")) < 2 else "?",
        )
    except (Refused, ValueError):
        context = {"holder": patient_pages.link_holder(link)}
        return render(request, "patient/not_marked.html", context, status=422)
    return HttpResponseRedirect(f"{reverse('plan-page')}#h-today")
