"""The pages of an account: choosing a clinic to work in, invitations to another, and forms kept for this person."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from plans.domain.errors import NotFound
from plans.services import access, invitations, kept_forms
from plans.services.actors import May
from plans.web.forms import single
from plans.web.gate import CLINIC_KEY, SSO, StaffRequest, actors_of, chosen_clinic, signed_in_page, staff_page
from plans.wording.people import ROLES


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_page
def choose_clinic(request: HttpRequest) -> HttpResponse:
    """Show the clinics of the person signed in, or switch to one of them."""
    may = actors_of(request)
    mine = [one for one in access.clinics_of(UUID(str(request.user.pk))) if one[0] in may]
    if request.method != "POST":
        context = {"clinics": mine, "chosen": chosen_clinic(request)}
        return render(request, "account/clinics.html", context)
    wanted = request.POST.getlist("clinic")
    if len(wanted) != 1 or wanted[0] not in {str(key) for key, _name in mine}:
        raise Http404
    if wanted[0] != str(chosen_clinic(request)):
        # Forms opened in the clinic chosen before are refused: they would be saved in this one.
        rotate_token(request)
    request.session[CLINIC_KEY] = wanted[0]
    return redirect("caseload")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_page
def invitations_page(request: HttpRequest) -> HttpResponse:
    """Show the open invitations of the person signed in, and take the answer to one."""
    user_id = UUID(str(request.user.pk))
    # The session stays in its clinic, whatever is accepted.
    chosen_clinic(request)
    if request.method == "POST":
        wanted = single(request.POST, "do")
        if wanted == "accept" and SSO in request.session:
            # Whoever runs one clinic's system must not join another in somebody's name.
            said = _(
                "Sign in with your password, then accept: your clinic’s own system cannot do that for you. "
                "“I forgot my password” at the sign-in sets one."
            )
        else:
            said = _answered(user_id, single(request.POST, "id"), wanted)
        messages.info(request, said)
        return redirect("invitations")
    rows = [(row, ROLES[row.role.value]) for row in invitations.of_user(user_id)]
    return render(request, "account/invitations.html", {"rows": rows})


def _answered(user_id: UUID, which: str, wanted: str) -> str:
    if wanted not in ("accept", "decline"):
        return _("Press one of the buttons.")
    try:
        done = invitations.answer(user_id=user_id, invitation_id=UUID(which), accept=wanted == "accept")
    except (NotFound, ValueError):
        done = False
    if not done:
        return _("This invitation is no longer open. Ask the clinic for a new one.")
    if wanted == "accept":
        return _("You are now a member of the clinic. Switch to it at the top, under the clinic’s name.")
    return _("You declined. The clinic can see this.")


@require_POST
@staff_page(May.MEMBER)
def kept_discard(request: StaffRequest, kept_id: UUID) -> HttpResponse:
    """Discard a form that was kept, and show its page as it stands."""
    return redirect(kept_forms.discard(by=request.actor, key=kept_id) or "/")
