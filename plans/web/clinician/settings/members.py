"""The members of a clinic: the lead adds them, changes their roles, and removes them."""

from __future__ import annotations

from functools import partial
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.domain import text
from plans.domain.errors import Refused
from plans.domain.review.rota import DutyPlace
from plans.domain.roles import GIVEN_BY_LEADS
from plans.services import invitations, leaving, locums, members
from plans.services.actors import May, Role
from plans.services.members import MemberRow
from plans.web.clinician.settings.rota_calendar import EARLIEST, LATEST
from plans.web.forms import EdgeForm, ParsedField, choices
from plans.web.gate import StaffRequest, confirmed, staff_page
from plans.web.layout_context import duplicated, page, say
from plans.web.untyped import Context
from plans.wording.people import ROLE_MAY, ROLES
from plans.wording.plans import long_day
from plans.wording.rota import PLACES, REFUSALS

MEMBER_REFUSALS: Final = {
    "already_member": gettext_lazy(
        "Somebody with this e-mail is in the list already. If they were removed, open them there and add them again."
    ),
    "too_many_invitations": gettext_lazy(
        "The clinic has sent too many invitations today. Try again tomorrow."
    ),
    "last_lead": gettext_lazy("A clinic needs a lead, and there is no other. Make somebody else lead first."),
    "on_call": gettext_lazy(
        "They are on duty. Put somebody else on the rota in their place, then come back."
    ),
    "leaves": gettext_lazy("They have a last day here. Take it away first: a lead stays."),
    "lead_stays": REFUSALS["lead_stays"],
    "day_past": gettext_lazy("This day is over. Choose a day from today on, or leave it empty."),
    "owns_patients": gettext_lazy("They have patients of their own. Hand them over first."),
    "already": gettext_lazy("%(who)s stands on the rota at that time as it is. Choose somebody else for it."),
    "leaves_before": gettext_lazy("Their last day here is before this shift. Choose somebody else for it."),
    "not_a_candidate": gettext_lazy("They cannot take this over with their role. Choose somebody else."),
    "ended": gettext_lazy("They were removed from the clinic meanwhile. Add them again first."),
}


_GIVEN: Final = {role.value: ROLE_MAY[role.value] for role in GIVEN_BY_LEADS}


class RoleForm(EdgeForm):
    """One of the roles."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=choices(_GIVEN), widget=forms.RadioSelect)


class LastDayForm(EdgeForm):
    """The last day of a locum; empty for somebody who stays."""

    ends_on = ParsedField(
        lambda raw: text.clean_date(raw, earliest=EARLIEST, latest=LATEST, required=False),
        required=False,
        label=gettext_lazy("Last day"),
        widget=forms.TextInput(attrs={"type": "date", "autocomplete": "off"}),
    )


class MemberForm(EdgeForm):
    """A new member."""

    name = ParsedField(
        partial(text.clean_line, most=200),
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("As patients and colleagues read it, with the title: Dr A. Mockwell"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = ParsedField(
        text.clean_email,
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("They sign in with it, and urgent alerts go to it"),
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=choices(_GIVEN), widget=forms.RadioSelect)


def _duty(row: MemberRow) -> str:
    return str(PLACES[DutyPlace(row.on_call)]) if row.on_call else ""


def _list(request: StaffRequest, form: MemberForm, status: int = 200) -> HttpResponse:
    q = request.GET.get("name", "").replace("\0", "")[:200].strip()
    pages = members.members(request.actor, q=q, key=request.GET.get("after"))
    context = {
        "place": "settings",
        "searched": q,
        "pages": pages,
        "query": f"{urlencode({'name': q})}&" if q else "",
        "rows": [(row, ROLES[row.role.value], _duty(row)) for row in pages.rows],
        "form": form,
        "invited": [(row, ROLES[row.role.value]) for row in invitations.of_clinic(request.actor)],
    }
    return page(request, "clinic/members.html", context, status=status)


@require_safe
@staff_page(May.MANAGE)
def members_page(request: StaffRequest) -> HttpResponse:
    """All present and former members, and the form to add one."""
    return _list(request, MemberForm())


@require_POST
@staff_page(May.MANAGE)
@confirmed
def member_add(request: StaffRequest) -> HttpResponse:
    """Add a new member, or invite somebody who already has an account."""
    form = MemberForm(request.POST)
    if form.is_valid():
        email, name = form.cleaned_data["email"], form.cleaned_data["name"]
        try:
            fresh = members.add(
                by=request.actor, email=email, name=name, role=Role(form.cleaned_data["role"])
            )
        except Refused as refusal:
            form.refuse(refusal, MEMBER_REFUSALS[str(refusal.facts["reason"])])
        else:
            _say_added(request, name, email, fresh=fresh)
            return redirect("members")
    return _list(request, form, 422)


def _say_added(request: StaffRequest, name: str, email: str, *, fresh: bool) -> None:
    if fresh:
        head = _("%(name)s is now a member of the clinic") % {"name": name}
        say(request, head, _("They get an e-mail with a link to set a password."))
    else:
        head = _("%(email)s was invited") % {"email": email}
        say(request, head, _("They become a member once they accept. Until then nothing changes."))


@require_POST
@staff_page(May.MANAGE)
@confirmed
def invitation_withdraw(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """Withdraw an invitation."""
    if invitations.withdraw(by=request.actor, invitation_id=invitation_id):
        say(request, _("The invitation was withdrawn"))
    else:
        say(request, _("The invitation has been answered in the meantime"), kind="think")
    return redirect("members")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
@confirmed
def member_page(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """One member: change the role, or remove them from the clinic."""
    one = members.member(request.actor, user_id)
    if request.method != "POST":
        return _show(request, one, RoleForm(initial={"role": one.role.value}))
    wanted = "" if duplicated(request) else request.POST.get("do", "")
    if wanted == "last_day":
        return _set_last_day(request, one)
    form = RoleForm(request.POST if wanted == "role" else {"role": one.role.value})
    if wanted == "end" and one.is_active and not leaving.left_of(request.actor, one.user_id).nothing:
        # What is theirs is handed over first, and shown.
        return redirect("member-leave", one.user_id)
    if form.is_valid():
        try:
            said = _do(request, wanted, one, Role(form.cleaned_data["role"]))
        except Refused as refusal:
            form.refuse(refusal, MEMBER_REFUSALS[str(refusal.facts["reason"])])
        else:
            if said is not None:
                say(request, said)
                return redirect("members")
            form.add_error(None, _("Press one of the buttons."))
    return _show(request, one, form, 422)


def _do(request: StaffRequest, wanted: str, one: MemberRow, role: Role) -> str | None:
    facts: Context = {"name": one.name, "role": ROLES[role.value]}
    match wanted:
        case "role":
            members.change_role(by=request.actor, user_id=one.user_id, role=role)
            return _("The role of %(name)s is: %(role)s") % facts
        case "end":
            members.end(by=request.actor, user_id=one.user_id)
            return _("%(name)s does not belong to the clinic any more") % facts
        case "back":
            members.restore(by=request.actor, user_id=one.user_id)
            return _("%(name)s belongs to the clinic again") % facts
    return None


def _set_last_day(request: StaffRequest, one: MemberRow) -> HttpResponse:
    form = LastDayForm(request.POST)
    if form.is_valid():
        ends_on = form.cleaned_data["ends_on"]
        try:
            locums.set_last_day(by=request.actor, user_id=one.user_id, ends_on=ends_on)
        except Refused as refusal:
            form.refuse(refusal, MEMBER_REFUSALS[str(refusal.facts["reason"])])
        else:
            facts: Context = {"name": one.name, "day": long_day(ends_on) if ends_on else ""}
            say(
                request,
                _("The last day of %(name)s is %(day)s") % facts
                if ends_on
                else _("%(name)s has no last day") % facts,
            )
            return redirect("member", one.user_id)
    return _show(request, one, RoleForm(initial={"role": one.role.value}), 422, last_day=form)


def _show(
    request: StaffRequest,
    one: MemberRow,
    form: RoleForm,
    status: int = 200,
    last_day: LastDayForm | None = None,
) -> HttpResponse:
    context = {
        "place": "settings",
        "member": one,
        "role": ROLES[one.role.value],
        "may_leave": one.role is not Role.LEAD,
        "form": last_day or form,
        "role_form": form,
        "left": leaving.left_of(request.actor, one.user_id) if one.is_active else None,
        "last_day": last_day
        or LastDayForm(initial={"ends_on": one.ends_on.isoformat() if one.ends_on else ""}),
    }
    return page(request, "clinic/member.html", context, status=status)
