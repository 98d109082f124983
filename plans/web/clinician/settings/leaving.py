"""The page on which a leaving member's patients, items, shifts and calls are handed over, and the membership ends."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from plans.domain.errors import Refused
from plans.domain.review.rota import DutyPlace
from plans.services import leaving, members
from plans.services.actors import Actor, May
from plans.services.leaving import Left, LeftKind
from plans.services.members import MemberRow
from plans.web.clinician.settings.members import MEMBER_REFUSALS
from plans.web.forms import EdgeForm, read_uuid, single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Posted
from plans.wording.review import SEVERITIES
from plans.wording.rota import PLACES

NAMES: Final[dict[LeftKind, Promise | str]] = {
    LeftKind.PATIENTS: gettext_lazy("Patients"),
    LeftKind.ITEMS: gettext_lazy("Review items"),
    LeftKind.SHIFTS: gettext_lazy("Shifts"),
    LeftKind.CALLS: gettext_lazy("Calls"),
}
_LEFT_ALONE: Final[dict[LeftKind, Promise | str]] = {
    LeftKind.PATIENTS: gettext_lazy("They keep the membership from ending until all are handed over."),
    LeftKind.ITEMS: gettext_lazy("Those that nobody takes over are unassigned when the membership ends."),
    LeftKind.SHIFTS: gettext_lazy("Those that nobody takes over are gaps when the membership ends."),
    LeftKind.CALLS: gettext_lazy(
        "Those that nobody takes over are free for everybody after a quarter of an hour."
    ),
}


class TakesForm(EdgeForm):
    """Who takes over what is listed, or what is ticked of it."""

    to = forms.ChoiceField(label=gettext_lazy("To"))

    def __init__(self, actor: Actor, one: MemberRow, kind: LeftKind, data: Posted | None = None) -> None:
        super().__init__(data, auto_id=f"id_{kind.value}_%s")
        others = leaving.colleagues(actor, kind, but=one.user_id)
        self.fields["to"].choices = [(str(key), name) for key, name in others]  # type: ignore[attr-defined]  # a choice field


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def leave_page(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """What is still a member's; posts hand a kind over, or end the membership."""
    one = members.member(request.actor, user_id)
    if request.method != "POST":
        return _show(request, one)
    wanted = single(request.POST, "do")
    if wanted == "end":
        return _end(request, one)
    kind = next((kind for kind in LeftKind if kind.value == wanted), None)
    return _show(request, one, status=422) if kind is None else _hand_over(request, one, kind)


def _end(request: StaffRequest, one: MemberRow) -> HttpResponse:
    form = EdgeForm({})
    try:
        members.end(by=request.actor, user_id=one.user_id)
    except Refused as refusal:
        form.refuse(refusal, MEMBER_REFUSALS[str(refusal.facts["reason"])])
        return _show(request, one, failed=form, status=422)
    say(request, _("%(name)s does not belong to the clinic any more") % {"name": one.name})
    return redirect("members")


def _hand_over(request: StaffRequest, one: MemberRow, kind: LeftKind) -> HttpResponse:
    form = TakesForm(request.actor, one, kind, request.POST)
    all_of_them = single(request.POST, "which") != "ticked"
    ticked = [key for raw in request.POST.getlist("ticked") if (key := read_uuid(raw)) is not None]
    if form.is_valid() and not all_of_them and not ticked:
        form.add_error(None, _("Tick what is handed over, or choose all of them."))
    if form.is_valid():
        try:
            number = leaving.hand_over(
                by=request.actor,
                kind=kind,
                from_id=one.user_id,
                to_id=UUID(form.cleaned_data["to"]),
                only=None if all_of_them else ticked,
            )
        except Refused as refusal:
            words = str(MEMBER_REFUSALS[str(refusal.facts["reason"])])
            form.refuse(refusal, words % {"who": refusal.facts.get("who", "")})
        else:
            said = ngettext("%(n)s was handed over", "%(n)s were handed over", number) % {"n": number}
            say(request, f"{NAMES[kind]}: {said}")
            return redirect("member-leave", one.user_id)
    return _show(request, one, forms_by={kind: form}, failed=form, ticked=ticked, status=422)


def _show(
    request: StaffRequest,
    one: MemberRow,
    *,
    forms_by: dict[LeftKind, TakesForm] | None = None,
    failed: EdgeForm | None = None,
    ticked: list[UUID] | None = None,
    status: int = 200,
) -> HttpResponse:
    left = leaving.left_of(request.actor, one.user_id, key=request.GET.get("after"))
    parts = [
        {
            "kind": kind.value,
            "name": NAMES[kind],
            "number": number,
            "paged": kind is LeftKind.PATIENTS,
            "alone": _LEFT_ALONE[kind],
            "form": (forms_by or {}).get(kind) or TakesForm(request.actor, one, kind),
            "rows": _rows(left, kind),
        }
        for kind, number in left.counts.items()
        if number
    ]
    context = {
        "place": "settings",
        "member": one,
        "left": left,
        "parts": parts,
        "pages": left.patients,
        "query": "",
        "form": failed or EdgeForm({}),
        "ticked": ticked or [],
    }
    return page(request, "clinic/member_leave.html", context, status=status)


def _rows(left: Left, kind: LeftKind) -> list[dict[str, object]]:
    """The rows of a kind: the key, what it is, and a second line."""
    if kind is LeftKind.PATIENTS:
        return [{"id": one.id, "what": one.name, "sub": one.record_no} for one in left.patients.rows]
    if kind is LeftKind.ITEMS:
        return [
            {"id": one.id, "what": one.patient or _("about the clinic"), "sub": SEVERITIES[one.priority]}
            for one in left.items
        ]
    if kind is LeftKind.CALLS:
        return [{"id": one.id, "what": one.patient, "sub": ""} for one in left.calls]
    return [
        {
            "id": one.id,
            "what": PLACES[DutyPlace(one.place)],
            "start": one.start,
            "end": one.end,
            "always": one.end is None,
            "fixed": one.from_feed,
            "sub": _("from a calendar kept elsewhere: change it there") if one.from_feed else "",
        }
        for one in left.shifts
    ]
