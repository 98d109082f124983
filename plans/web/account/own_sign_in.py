"""How one signs in oneself: the second step, passkeys, recovery codes, and where one is signed in.

Whoever must have a second step and has none reaches this page and those it leads to, and nothing else.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from plans.domain.errors import Refused
from plans.services import accounts, credentials, second_factor, staff_sessions
from plans.web.account.adapter import keep_only_this
from plans.web.forms import read_number, read_uuid, single
from plans.web.gate import actors_of, confirmed, member_of, own_sign_in_page, public_page
from plans.wording.signing_in import REFUSALS


@require_http_methods(["GET", "HEAD", "POST"])
@own_sign_in_page
@confirmed
def own_page(request: HttpRequest) -> HttpResponse:
    """What one signs in with, and where; a post removes a passkey."""
    user_id = UUID(str(request.user.pk))
    if request.method == "POST":
        messages.info(request, _removed(request, user_id, read_number(single(request.POST, "id"))))
        return redirect("mfa_index")
    factors = second_factor.own(user_id)
    context = {
        "due": any(actor.factor_due for actor in actors_of(request).values()),
        "apps": [one for one in factors if one.kind == "totp"],
        "passkeys": [
            (one, second_factor.may_remove(user_id, one.id)) for one in factors if one.kind == "webauthn"
        ],
        "codes": second_factor.codes_left(user_id),
        "sessions": staff_sessions.of_user(user_id, here=str(request.session.session_key)),
        "password": second_factor.has_password(user_id),
    }
    with timezone.override(_zone(request)):
        return render(request, "account/own_sign_in.html", context)


def _zone(request: HttpRequest) -> str:
    """The zone of the clinic that one works in; before one is chosen, of the first."""
    mine = actors_of(request)
    actor = member_of(request) or next(iter(mine.values()), None)
    return accounts.clinic_card(actor).zone if actor is not None else settings.TIME_ZONE


def _removed(request: HttpRequest, user_id: UUID, factor_id: int | None) -> str:
    try:
        done = factor_id is not None and second_factor.remove_passkey(user_id=user_id, factor_id=factor_id)
    except Refused as refusal:
        return str(REFUSALS[str(refusal.facts["reason"])])
    if not done:
        return _("This passkey has been removed already.")
    keep_only_this(request)
    return _("The passkey was removed. Remove it on your device as well.")


@require_POST
@own_sign_in_page
def sessions_end(request: HttpRequest) -> HttpResponse:
    """End one of one's own sessions, or all others."""
    user_id, row_id = UUID(str(request.user.pk)), read_uuid(single(request.POST, "id"))
    if single(request.POST, "do") == "others":
        keep_only_this(request)
        messages.info(request, _("You are signed out everywhere else."))
    elif row_id is not None and staff_sessions.end(user_id=user_id, row_id=row_id):
        messages.info(request, _("That session has ended."))
    else:
        messages.info(request, _("That session had ended already."))
    return redirect("mfa_index")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@public_page
def not_me_page(request: HttpRequest, token: str) -> HttpResponse:
    """Behind the link of a message about a changed sign-in: one button closes the account to somebody else.

    Opening it changes nothing, so that mail scanners may; the button posts.
    """
    said = credentials.read(token)
    if said is None:
        raise Http404
    done = request.method == "POST" and credentials.close(said)
    return render(request, "account/not_me.html", {"done": done})
