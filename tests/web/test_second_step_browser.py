"""The second step in a real browser: a passkey in Chromium's virtual authenticator, and an authenticator app."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plans.models import Clinic
from plans.services import clock, second_factor
from tests.factors import code_of, give_app
from tests.web.browsing import expect, follow, give_name_and_password, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def authenticator(page: Any) -> tuple[Any, str]:
    """Give the browser a built-in authenticator with a finger that is always right."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    found = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, found["authenticatorId"]


def required(clinic: Any) -> None:
    begins = clock.real_now().date() - timedelta(days=1)
    Clinic.objects.filter(pk=clinic.id).update(second_factor_from=begins)


def sign_out(page: Any) -> None:
    page.goto("/account")
    follow(page, page.get_by_role("button", name="Sign out", exact=True))


def test_a_passkey_is_set_up_where_one_is_required_and_then_signs_in_alone(
    clinic: Any, make_page: Any
) -> None:
    required(clinic)
    page = make_page()
    authenticator(page)
    page.goto("/accounts/login/")
    give_name_and_password(page, clinic.primary)
    expect(page.get_by_role("heading", name="Set up a second step")).to_be_visible()
    assert violations(page) == []
    page.goto("/queue")
    expect(page.get_by_role("heading", name="Set up a second step")).to_be_visible()
    follow(page, page.get_by_role("link", name="Add a passkey"))
    assert violations(page) == []
    page.get_by_label("Name").fill("my phone")
    follow(page, page.get_by_role("button", name="Add the passkey"))
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert violations(page) == []
    follow(page, page.get_by_role("link", name="Go on"))
    expect(page.locator(".status")).to_be_visible()
    sign_out(page)
    page.goto("/accounts/login/")
    follow(page, page.get_by_role("button", name="Sign in with a passkey"))
    expect(page.locator(".status")).to_be_visible()
    page.goto("/account")
    expect(page.get_by_text("my phone")).to_be_visible()


def test_a_passkey_is_the_second_step_after_a_password_and_a_false_finger_signs_nobody_in(
    clinic: Any, make_page: Any
) -> None:
    page = make_page()
    session, key = authenticator(page)
    page.goto("/accounts/login/")
    give_name_and_password(page, clinic.primary)
    page.wait_for_selector(".status")
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Sign in with this passkey alone").uncheck()
    follow(page, page.get_by_role("button", name="Add the passkey"))
    sign_out(page)
    page.goto("/accounts/login/")
    give_name_and_password(page, clinic.primary)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    assert violations(page) == []
    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    follow(page, page.get_by_role("button", name="Use a passkey"))
    expect(page.locator(".status")).to_be_visible()


def test_an_app_is_set_up_on_a_phone_and_its_code_signs_in(clinic: Any, make_page: Any) -> None:
    page = make_page(width=390, height=844)
    page.goto("/accounts/login/")
    give_name_and_password(page, clinic.primary)
    page.wait_for_selector(".status")
    page.goto("/accounts/2fa/totp/activate/")
    assert violations(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    secret = page.locator("code.code").inner_text()
    page.get_by_label("Code", exact=True).fill(code_of(secret, ahead=-1))
    follow(page, page.get_by_role("button", name="Set up the app"))
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    sign_out(page)
    page.goto("/accounts/login/")
    give_name_and_password(page, clinic.primary)
    page.get_by_label("Code").fill("000000")
    follow(page, page.get_by_role("button", name="Sign in", exact=True))
    expect(page.locator("#errors")).to_contain_text("This code is not right")
    page.get_by_label("Code").fill(code_of(secret))
    follow(page, page.get_by_role("button", name="Sign in", exact=True))
    expect(page.locator(".status")).to_be_visible()


def test_without_javascript_a_code_signs_in(clinic: Any, make_page: Any) -> None:
    secret = give_app(clinic.primary)
    page = make_page(javascript=False)
    page.goto("/accounts/login/")
    give_name_and_password(page, clinic.primary)
    page.get_by_label("Code").fill(code_of(secret))
    follow(page, page.get_by_role("button", name="Sign in", exact=True))
    expect(page.locator(".status")).to_be_visible()
    assert second_factor.has_one(clinic.primary.member_id)
