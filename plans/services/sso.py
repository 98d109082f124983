"""People who sign in through their clinic's own system: whom it lets in, and with which role.

Its administrators can sign in as anybody it knows, so its word counts for its own clinic alone: such a session works
there and nowhere else.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction

from plans.domain.errors import Refused
from plans.domain.json import JsonObject
from plans.domain.signing_in import SsoProvider
from plans.domain.text import BadText, clean_email, clean_line
from plans.models import Clinic, Membership, User
from plans.services import accounts, members, wall
from plans.services.actors import Actor, Role


def provider(key: str) -> SsoProvider | None:
    """The provider with this key."""
    return next((one for one in settings.SSO_PROVIDERS if one.key == key), None)


def user(user_id: UUID) -> User:
    """The user with this key, for django-allauth."""
    return User.objects.get(pk=user_id)


@transaction.atomic
def admit(provider: SsoProvider, *, known: UUID | None, said: JsonObject) -> UUID:
    """The key of the user whom a provider vouches for, with the role that its groups give in its clinic.

    `known`: the user who signed in through this account before. Else a member with the verified address is taken, or a
    new member is made. Raises Refused: "no_role", also for an operator, "no_address", "elsewhere" for an account of
    other clinics, which needs an invitation, or "ended" for a membership that a lead ended.
    """
    wall.also(provider.clinic_id)
    clinic = Clinic.objects.select_for_update(no_key=True).filter(pk=provider.clinic_id).first()
    wanted = provider.role_of(said.get(provider.claim), [role.value for role in Role])
    if clinic is None or wanted is None:
        raise Refused(reason="no_role")
    role = Role(wanted)
    by = Actor(kind="system", id=None, name=provider.name, clinic_id=clinic.pk, role=Role.LEAD)
    email = _address(provider, said)
    rows = User.objects.filter(pk=known) if known else User.objects.filter(email__iexact=email)
    found = rows.first()
    if found is None:
        return accounts.create_member(
            clinic_id=clinic.pk, email=email, name=_name(said, email), role=role, by=by
        )
    place = Membership.objects.filter(user=found, clinic=clinic).first()
    if place is None:
        raise Refused(reason="elsewhere")
    if not place.is_active or not found.is_active:
        raise Refused(reason="ended")
    if place.role == Role.OPERATOR.value:
        # Appointed for the whole installation: not one clinic's to vouch for, nor to take away.
        raise Refused(reason="no_role")
    _follow(by, place, role)
    return found.pk


def _follow(by: Actor, place: Membership, role: Role) -> None:
    """Give a member the role that their groups give now, unless the clinic would be left without somebody it needs."""
    if place.role == role.value:
        return
    try:
        with transaction.atomic():
            members.change_role(by=by, user_id=place.user_id, role=role)
    except Refused:
        # They keep the role that they have, as if nothing had been said: a lead puts it right.
        return


def _address(provider: SsoProvider, said: JsonObject) -> str:
    if said.get("email_verified") is not True and not provider.trust_address:
        raise Refused(reason="no_address")
    try:
        return clean_email(str(said.get("email", "")))
    except BadText:
        raise Refused(reason="no_address") from None


def _name(said: JsonObject, email: str) -> str:
    try:
        return clean_line(str(said.get("name", "")), most=200)
    except BadText:
        return email
