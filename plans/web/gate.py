"""Access to pages: denied by default. A view without one of these marks fails the access-matrix test.

`staff_page(May.X)` lets in a signed-in member of the chosen clinic whose role has X, and sets `request.actor`.
`patient_page` names the acts of a patient's page, which its view asks the link policy for (`link_session.allowed`);
`public_page` only marks: such views show no personal data.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from plans.domain.errors import NotAllowed, NotFound
from plans.domain.link_policy import LinkAct
from plans.domain.roles import roles_with
from plans.services import access, clock, looks, own_list, session_trail, sso, wall
from plans.services.actors import Actor, May, Role
from plans.services.links import OutOfCare
from plans.services.own_list import WhyMissing
from plans.services.wall import Door
from plans.web import kept_forms, not_saved, out_of_care
from plans.web.layout_context import page
from plans.web.middleware import SIGNED_IN_AT
from plans.web.redirects import leave_for, page_of, to_sign_in
from plans.wording.people import ROLES

View = Callable[..., HttpResponse]
CLINIC_KEY = "clinic"
_HOMES: Final = ((May.SEE_SUPPLY, "supply"), (May.OPERATE, "installation"), (May.MEMBER, "own"))
"""Where a role begins that may not see the caseload: the first act it has."""
_LISTED: Final = "listed"
_LISTED_EVERY_SECONDS: Final = 3600
SSO = "sso"
"""In a session that began in a clinic's own system: which."""


class StaffRequest(HttpRequest):
    """A request that passed the gate."""

    actor: Actor


def member_of(request: HttpRequest) -> Actor | None:
    """Who is signed in, in the clinic of this session: the chosen one, or their only one, which the session then keeps.

    A membership added in another clinic does not switch anybody in the middle of their work.
    """
    mine = actors_of(request)
    raw = request.session.get(CLINIC_KEY)
    if raw or len(mine) != 1:
        return mine.get(UUID(raw)) if raw else None
    ((clinic_id, actor),) = mine.items()
    request.session[CLINIC_KEY] = str(clinic_id)
    return actor


def actors_of(request: HttpRequest) -> dict[UUID, Actor]:
    """The person signed in, in each clinic that this session may work in: one that began in a clinic's own system works
    in that clinic alone, and that system has asked for whatever it asks for.
    """
    mine = access.actors_of(UUID(str(request.user.pk)))
    key = request.session.get(SSO)
    if key is None:
        return mine
    provider = sso.provider(key)
    actor = mine.get(provider.clinic_id) if provider is not None else None
    # An operator is the whole installation's: the system of one clinic cannot vouch for one.
    if actor is None or actor.clinic_id is None or actor.role is Role.OPERATOR:
        return {}
    return {actor.clinic_id: replace(actor, factor_due=False)}


def chosen_clinic(request: HttpRequest) -> UUID | None:
    """The key of that clinic."""
    actor = member_of(request)
    return actor.clinic_id if actor is not None else None


def staff_page(may: May) -> Callable[[View], View]:
    """Only for members of the chosen clinic whose role has `may`; NotFound and NotAllowed become 404 and 403.

    A refused form is shown back with what was typed.
    """

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.is_authenticated:
                return to_sign_in(request)
            actor = member_of(request)
            if actor is None:
                address = reverse("choose-clinic")
                shown = not_saved.shown_back(request, not_saved.NO_CLINIC, address)
                return shown or leave_for(request, address)
            if actor.factor_due:
                return _to_second_step(request)
            wall.enter(actor.home)
            request.actor = actor  # type: ignore[attr-defined]  # the attribute is the gate's own
            response = _answer(request, actor, may, guarded, functools.partial(view, *args, **kwargs))
            kept_forms.after(request, response, actor)
            return response

        guarded.gate = ("staff", may.value)  # type: ignore[attr-defined]  # read by the access-matrix test
        return guarded

    return wrap


def _shows(response: HttpResponse) -> bool:
    """Whether a response shows what its view fetched: a refused form is shown back, a redirect shows nothing."""
    return not 300 <= response.status_code < 400


def list_page(view: View) -> View:
    """Mark a page that shows names and doses of many patients: that somebody looked is kept, once an hour and session.
    Use inside `staff_page`."""
    view.lists = True  # type: ignore[attr-defined]  # read by the gate
    return view


def _keep_list(request: HttpRequest, actor: Actor) -> None:
    name = request.resolver_match.view_name if request.resolver_match else ""
    page = f"{name}, search" if request.GET.get("find") else name
    now, kept = int(clock.real_now().timestamp()), dict(request.session.get(_LISTED, {}))
    if now - int(kept.get(page, 0)) >= _LISTED_EVERY_SECONDS:
        request.session[_LISTED] = {**kept, page: now}
        session_trail.listed(by=actor, page=page, session=request.session.session_key or "")


def _keep_refusal(request: HttpRequest, actor: Actor, act: str, kwargs: dict[str, object]) -> None:
    route = request.resolver_match.view_name if request.resolver_match else ""
    key = next((value for value in kwargs.values() if isinstance(value, UUID)), None)
    session_trail.refused(by=actor, act=act, page=route, key=key)


def _answer(
    request: HttpRequest, actor: Actor, may: May, page_of_ours: View, view: functools.partial[HttpResponse]
) -> HttpResponse:
    """What a view answers, or the page of its refusal; what it showed of records is kept."""
    kwargs = view.keywords
    try:
        access.check_may(actor, may)
        if not getattr(view.func, "asks_itself", False):
            own_list.check(actor, kwargs)
        with access.noting() as fetched:
            response = view.func(request, *view.args, **kwargs)
        if _shows(response) and not getattr(page_of_ours, "unasked", False):
            session = request.session.session_key or ""
            looks.record(by=actor, session=session, fetched=fetched)
            if getattr(view.func, "lists", False):
                _keep_list(request, actor)
    except NotFound as gone:
        _keep_refusal(request, actor, "access.not_here", kwargs)
        shown = not_saved.shown_back(request, not_saved.NOT_HERE, reverse("caseload"))
        if shown is None:
            raise Http404 from gone
        return shown
    except WhyMissing as outside:
        not_saved.keep(request)
        return _ask_why(request, outside.patient_id)
    except NotAllowed as refused:
        home = _home(request, actor)
        if home is None:
            _keep_refusal(request, actor, "access.not_allowed", kwargs)
        return home or forbidden(request, str(refused.facts.get("may", "")))
    except Exception:
        not_saved.keep(request)
        raise
    return response


def patient_page(*acts: LinkAct) -> Callable[[View], View]:
    """For holders of a patient's link or session that allows one of these acts; NotFound becomes 404.

    The view asks for the act of each request. A patient not in care here gets the page that says whom to ask, whatever
    the link was for.
    """
    if not all(isinstance(act, LinkAct) for act in acts) or not acts:
        raise TypeError("name the acts of this page: plans.domain.link_policy.LinkAct")

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            request.link_acts = frozenset(acts)  # type: ignore[attr-defined]  # the attribute is the gate's own
            try:
                return view(request, *args, **kwargs)
            except NotFound as gone:
                raise Http404 from gone
            except OutOfCare as out:
                return out_of_care.shown(request, out.link)

        guarded.gate = ("patient", "")  # type: ignore[attr-defined]  # read by the access-matrix test
        guarded.acts = frozenset(acts)  # type: ignore[attr-defined]  # read by the test of the link policy
        return guarded

    return wrap


def signed_in_page(view: View) -> View:
    """For anybody signed in, in any clinic or none."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if any(actor.factor_due for actor in actors_of(request).values()):
            return _to_second_step(request)
        wall.enter_through(Door.PERSON, request.user.pk)
        return view(request, *args, **kwargs)

    guarded.gate = ("signed_in", "")  # type: ignore[attr-defined]  # read by the access-matrix test
    return guarded


def own_sign_in_page(view: View) -> View:
    """For anybody signed in, also while a second step is required of them and they have none: it is set up there."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        wall.enter_through(Door.PERSON, request.user.pk)
        return view(request, *args, **kwargs)

    guarded.gate = ("own_sign_in", "")  # type: ignore[attr-defined]  # read by the access-matrix test
    return guarded


def confirmed(view: View) -> View:
    """For acts that a session left open must not do: who posts has signed in, or shown who they are, just before.

    Else they are asked to, and what they sent is done afterwards. It stands under the mark of the page.
    """

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method not in ("GET", "HEAD") and not confirmed_lately(request):
            if SSO in request.session:
                return _to_sso(request)
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    guarded.confirmed = True  # type: ignore[attr-defined]  # read by the test that lists these acts
    return guarded


def confirmed_lately(request: HttpRequest) -> bool:
    """Whether the person of this session signed in, or showed who they are, within the last minutes."""
    since = int(clock.real_now().timestamp()) - request.session.get(SIGNED_IN_AT, 0)
    if since < settings.CONFIRMED_FOR_SECONDS or SSO in request.session:
        return bool(since < settings.CONFIRMED_FOR_SECONDS)
    return bool(did_recently_reauthenticate(request))


def public_page(view: View) -> View:
    """Open to all: shows no personal data."""
    view.gate = ("public", "")  # type: ignore[attr-defined]  # read by the access-matrix test
    return view


def unasked(view: View) -> View:
    """For requests that an open page makes by itself: they neither keep the session alive nor count as a look."""
    view.unasked = True  # type: ignore[attr-defined]  # read by the gate and the middleware that ends sessions
    return view


def _to_second_step(request: HttpRequest) -> HttpResponse:
    address = reverse("mfa_index")
    return not_saved.shown_back(request, not_saved.NO_SECOND_STEP, address) or leave_for(request, address)


def _to_sso(request: HttpRequest) -> HttpResponse:
    """To the clinic's own system, which shall ask again, and back to the page that was open."""
    back = reverse("openid_connect_login", kwargs={"provider_id": request.session[SSO]})
    address = f"{back}?{urlencode({'next': page_of(request), 'auth_params': 'prompt=login'})}"
    return not_saved.shown_back(request, not_saved.NOT_CONFIRMED, address) or leave_for(request, address)


def _ask_why(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """To the page that asks why a record is opened, and from there to the page that was wanted."""
    address = reverse("record-why", args=[patient_id])
    return leave_for(request, f"{address}?{urlencode({'next': page_of(request)})}")


def asks_itself(view: View) -> View:
    """For the page that asks why a record is opened."""
    view.asks_itself = True  # type: ignore[attr-defined]  # read by the gate
    return view


def _home(request: HttpRequest, actor: Actor) -> HttpResponse | None:
    """Where a role begins that has no caseload; None for any address but the first page."""
    if request.method not in ("GET", "HEAD") or request.path != reverse("caseload"):
        return None
    return leave_for(request, reverse(next(name for act, name in _HOMES if actor.may(act))))


def forbidden(request: HttpRequest, may: str = "") -> HttpResponse:
    """The page for a member whose role does not allow the requested one: it says which roles do."""
    not_saved.keep(request)
    able = [ROLES[role.value] for role in roles_with(May(may))] if may in set(May) else []
    context = {**not_saved.kept_context(request), "able": able}
    return page(request, "clinic/forbidden.html", context, status=403)
