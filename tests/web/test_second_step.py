"""The second step at sign-in: required by the clinic's day, set up, used, lost and reset."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from plans.models import AuditEvent, Clinic, User
from plans.services import clock, second_factor
from plans.services.actors import Actor
from tests.clients import client_of
from tests.factors import code_of, give_app
from tests.makers import PASSWORD, ClinicMade, make_clinic, make_member
from tests.web.account_messages_help import messages_waiting, path_in

pytestmark = pytest.mark.django_db

LOGIN, STEP, OWN = "/accounts/login/", "/accounts/2fa/authenticate/", "/account"
NEW = "another quiet heron 43"


def address(actor: Actor) -> str:
    return User.objects.get(pk=actor.member_id).email


def give_password(client: Client, actor: Actor, password: str = PASSWORD) -> Any:
    return client.post(LOGIN, {"login": address(actor), "password": password})


def is_in(client: Client) -> bool:
    return client.get("/queue").status_code == 200


def required(clinic: ClinicMade, begins: date | None = None) -> None:
    """Let the clinic require a second step, from today if no day is given."""
    day = begins or clock.real_now().date() - timedelta(days=1)
    Clinic.objects.filter(pk=clinic.id).update(second_factor_from=day)


# --- required -------------------------------------------------------------------------------------------------------


def test_before_the_day_nothing_changes_and_from_it_on_only_the_set_up_can_be_reached(
    clinic: ClinicMade,
) -> None:
    client = client_of(clinic.primary)
    required(clinic, clock.real_now().date() + timedelta(days=2))
    assert is_in(client)
    required(clinic)
    for page in ("/queue", "/", "/settings", "/clinics", "/invitations"):
        assert client.get(page).headers.get("Location") == OWN, page
    shown = client.get(OWN)
    assert shown.status_code == 200
    assert b"Set up a second step" in shown.content
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200


def test_what_somebody_without_a_second_step_posts_is_shown_back_and_not_saved(clinic: ClinicMade) -> None:
    client = client_of(clinic.primary)
    required(clinic)
    refused = client.post("/patients/new", {"notes": "typed before the day came"})
    assert refused.status_code == 403
    assert b"typed before the day came" in refused.content


def test_a_clinic_that_is_founded_requires_it_at_once(db: None) -> None:
    made = make_clinic(second_factor_from=None)
    assert client_of(made.lead).get("/queue").headers["Location"] == OWN


def test_whoever_works_in_one_clinic_that_requires_it_needs_it_in_all(clinic: ClinicMade) -> None:
    strict = make_clinic(second_factor_from=None)
    make_member(strict.id, email=address(clinic.primary))
    assert not is_in(client_of(clinic.primary))
    give_app(clinic.primary)
    assert is_in(client_of(clinic.primary))


def test_recovery_codes_alone_are_no_second_step(clinic: ClinicMade) -> None:
    required(clinic)
    give_app(clinic.primary)
    user = User.objects.get(pk=clinic.primary.member_id)
    Authenticator.objects.create(user=user, type="recovery_codes", data={"seed": "", "used_mask": 0})
    Authenticator.objects.filter(user=user, type="totp").delete()
    assert not is_in(client_of(clinic.primary))


# --- the app --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_app_is_set_up_with_its_first_code_and_recovery_codes_are_shown_once(clinic: ClinicMade) -> None:
    required(clinic)
    client = Client()
    assert give_password(client, clinic.primary).status_code == 302
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert b"This code is not right" in wrong.content
    done = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert done.headers["Location"] == "/accounts/2fa/recovery-codes/"
    assert len(client.get(done.headers["Location"]).context["unused_codes"]) == 10
    assert client.get(done.headers["Location"]).context["can_view_codes"] is False
    assert is_in(client)
    assert second_factor.codes_left(clinic.primary.member_id) == 10


def test_the_secret_of_an_app_is_not_stored_as_it_is(clinic: ClinicMade) -> None:
    secret = give_app(clinic.primary)
    assert secret not in str(Authenticator.objects.get().data)


@pytest.mark.slow
def test_the_password_alone_signs_nobody_in_who_has_an_app(clinic: ClinicMade) -> None:
    secret, client = give_app(clinic.primary), Client()
    assert give_password(client, clinic.primary).headers["Location"] == STEP
    assert not is_in(client)
    assert "device" not in client.cookies
    assert client.post(STEP, {"code": code_of(secret)}).status_code == 302
    assert is_in(client)
    assert "device" in client.cookies


@pytest.mark.slow
def test_a_code_works_once(clinic: ClinicMade) -> None:
    code = code_of(give_app(clinic.primary))
    for expected in (302, 200):
        client = Client()
        give_password(client, clinic.primary)
        assert client.post(STEP, {"code": code}).status_code == expected


def test_a_code_that_the_cache_forgot_works_once(clinic: ClinicMade) -> None:
    code = code_of(give_app(clinic.primary))
    for expected in (302, 200):
        client = Client()
        give_password(client, clinic.primary)
        assert client.post(STEP, {"code": code}).status_code == expected
        cache.clear()


@pytest.mark.slow
def test_a_recovery_code_works_once(clinic: ClinicMade) -> None:
    give_app(clinic.primary)
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    code = RecoveryCodes.activate(User.objects.get(pk=clinic.primary.member_id)).get_unused_codes()[0]
    for expected in (302, 200):
        client = Client()
        give_password(client, clinic.primary)
        assert client.post(STEP, {"code": code}).status_code == expected


@pytest.mark.slow
def test_codes_are_tried_slowly_and_nobody_is_locked_out(clinic: ClinicMade) -> None:
    secret, guesser = give_app(clinic.primary), Client(REMOTE_ADDR="203.0.113.5")
    give_password(guesser, clinic.primary)
    for _ in range(6):
        assert b"This code is not right" in guesser.post(STEP, {"code": "123123"}).content
    late = guesser.post(STEP, {"code": code_of(secret)})
    assert b"Too many wrong codes" in late.content
    own = Client(REMOTE_ADDR="198.51.100.9")
    give_password(own, clinic.primary)
    assert own.post(STEP, {"code": code_of(secret)}).status_code == 302


@pytest.mark.slow
def test_a_new_password_by_e_mail_does_not_go_round_the_second_step(clinic: ClinicMade) -> None:
    give_app(clinic.primary)
    client = Client()
    client.post("/accounts/password/reset/", {"email": address(clinic.primary)})
    form = client.get(path_in(messages_waiting()[-1]), follow=True).request["PATH_INFO"]
    assert client.post(form, {"password1": NEW, "password2": NEW}).status_code == 302
    assert not is_in(client)
    assert give_password(client, clinic.primary, NEW).headers["Location"] == STEP
    assert not is_in(client)


def test_the_only_second_step_is_not_removed_where_one_is_required(clinic: ClinicMade) -> None:
    give_app(clinic.primary)
    client = client_of(clinic.primary)
    required(clinic)
    client.post("/accounts/2fa/totp/deactivate/")
    assert second_factor.has_one(clinic.primary.member_id)
    required(clinic, clock.real_now().date() + timedelta(days=2))
    client.post("/accounts/2fa/totp/deactivate/")
    assert not second_factor.has_one(clinic.primary.member_id)


# --- the clinic's day -----------------------------------------------------------------------------------------------


def test_the_lead_chooses_the_day_and_sees_who_has_none(clinic: ClinicMade) -> None:
    lead = client_of(clinic.lead)
    page = lead.get("/settings/second-step")
    assert User.objects.get(pk=clinic.primary.member_id).name in page.content.decode()
    day = clock.real_now().date() + timedelta(days=10)
    seen = second_factor.policy(clinic.lead).begins
    assert seen is not None
    sent = {"begins": day.isoformat(), "seen": seen.isoformat()}
    assert lead.post("/settings/second-step", sent).status_code == 302
    assert Clinic.objects.get(pk=clinic.id).second_factor_from == day
    assert AuditEvent.objects.get(act="clinic.second_factor_set").facts["on"] == day.isoformat()
    # Somebody else's form, opened before.
    stale = lead.post("/settings/second-step", {**sent, "begins": (day + timedelta(days=1)).isoformat()})
    assert stale.status_code == 409


@pytest.mark.parametrize("begins", ["", "tomorrow", "2098-01-01"])
def test_a_day_that_is_none_or_too_far_is_refused(clinic: ClinicMade, begins: str) -> None:
    standing = second_factor.policy(clinic.lead).begins
    assert standing is not None
    sent = {"begins": begins, "seen": standing.isoformat()}
    assert client_of(clinic.lead).post("/settings/second-step", sent).status_code == 422
    assert second_factor.policy(clinic.lead).begins == standing


@pytest.mark.slow
def test_nobody_but_the_lead_chooses_the_day_or_resets_anybody(clinic: ClinicMade) -> None:
    client = client_of(clinic.primary)
    assert client.get("/settings/second-step").status_code == 403
    assert client.post(f"/settings/people/{clinic.second.id}/second-step", {"reason": "x"}).status_code == 403


# --- lost -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_lost_second_step_is_reset_with_a_reason_and_its_owner_is_told(clinic: ClinicMade) -> None:
    secret = give_app(clinic.primary)
    theirs = Client()
    give_password(theirs, clinic.primary)
    theirs.post(STEP, {"code": code_of(secret)})
    assert is_in(theirs)
    page, lead = f"/settings/people/{clinic.primary.id}/second-step", client_of(clinic.lead)
    assert lead.post(page, {"reason": ""}).status_code == 422
    assert second_factor.has_one(clinic.primary.member_id)
    assert lead.post(page, {"reason": "Called back on the ward phone"}).status_code == 302
    assert not second_factor.has_one(clinic.primary.member_id)
    assert not is_in(theirs)
    event = AuditEvent.objects.get(act="member.factor_reset")
    assert event.facts["reason"] == "Called back on the ward phone"
    assert "A lead of your clinic reset the second step" in messages_waiting()[-1].text
    assert give_password(Client(), clinic.primary).status_code == 302


def test_nobody_resets_their_own_or_another_clinics(clinic: ClinicMade) -> None:
    other = make_clinic()
    give_app(clinic.lead)
    give_app(other.primary)
    lead = client_of(clinic.lead)
    own = lead.post(f"/settings/people/{clinic.lead.id}/second-step", {"reason": "lost it"})
    assert own.status_code == 422
    assert b"Nobody resets their own" in own.content
    theirs = lead.post(f"/settings/people/{other.primary.id}/second-step", {"reason": "lost it"})
    assert theirs.status_code == 404
    assert second_factor.has_one(clinic.lead.member_id)
    assert second_factor.has_one(other.primary.member_id)


def test_pages_may_use_passkeys_of_their_own_site_only(clinic: ClinicMade) -> None:
    policy = Client().get(LOGIN).headers["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in policy
    assert "camera=()" in policy
