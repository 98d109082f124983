"""Headers, the largest body and the end of a session, tested on the health checks, which need nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from plans.services import heartbeat
from plans.web import health
from plans.web.gate import unasked
from plans.web.middleware import SEEN_AT, SIGNED_IN_AT, SessionLimits
from tests.clients import as_monitor

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _only_health(settings: Any) -> None:
    settings.ROOT_URLCONF = "plans.web.health_urls"


def test_no_page_may_run_or_load_what_is_not_ours(client: Client) -> None:
    policy = client.get("/healthz").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert (
        rules["script-src"] == rules["style-src"] == rules["connect-src"] == rules["form-action"] == "'self'"
    )
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in policy


def test_every_page_gives_up_the_features_of_the_device(client: Client) -> None:
    headers = client.get("/healthz").headers
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("path", "referrer"),
    [
        ("/c/" + "t" * 43, "no-referrer"),
        ("/p/" + "t" * 43, "no-referrer"),
        ("/f/" + "t" * 43 + ".ics", "no-referrer"),
        # Clean addresses hold forms, and "no-referrer" would make the browser send `Origin: null` with them.
        ("/c/", "same-origin"),
        ("/p", "same-origin"),
    ],
)
def test_addresses_of_patients_are_neither_kept_nor_passed_on(
    client: Client, path: str, referrer: str
) -> None:
    headers = client.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == referrer
    assert headers["X-Robots-Tag"] == "noindex, nofollow"


def test_an_address_that_only_begins_like_a_patients_is_not_one(client: Client) -> None:
    assert client.get("/clinic").headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("length", "status"),
    [
        ("1000001", 413),
        ("99999999999999999999", 413),
        ("0000000000001000001", 413),
        ("9" * 5000, 413),
        ("x", 400),
        ("-1", 400),
    ],
)
def test_a_body_too_large_is_refused_before_it_is_read(client: Client, length: str, status: int) -> None:
    answer = client.post("/healthz", data=b"a", content_type="text/plain", CONTENT_LENGTH=length)
    assert answer.status_code == status


def test_the_access_log_names_the_route_and_never_the_path(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "plans.access"):
        client.get("/c/some-token?also=this")
    [record] = [record for record in caplog.records if record.name == "plans.access"]
    assert record.__dict__["status"] == 404
    assert "some-token" not in json.dumps(record.__dict__, default=str)


NO_REDIS = "redis://127.0.0.1:1/0"


@pytest.mark.slow
@pytest.mark.django_db
def test_without_redis_the_service_is_ready_and_the_heartbeat_says_that_it_is_gone(
    client: Client, settings: Any
) -> None:
    settings.REDIS_CLIENT_URL = NO_REDIS
    assert client.get("/readyz", headers=as_monitor()).status_code == 200
    assert "redis" in client.get("/heartbeat", headers=as_monitor()).json()["faults"]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer "}])
def test_only_a_monitor_with_the_secret_is_told_which_part_is_at_fault(
    client: Client, settings: Any, headers: dict[str, str]
) -> None:
    answer = client.get("/heartbeat", headers=headers)
    assert (answer.status_code, answer.json()) == (503, {"alive": False})
    assert client.get("/readyz", headers=headers).json() == {"ready": True}
    assert client.get("/heartbeat", headers=as_monitor()).json()["faults"]
    settings.MONITOR_SECRET = ""
    assert client.get("/heartbeat", headers=headers).json() == {"alive": False}


def over_http(client: Client, settings: Any, method: str, path: str) -> HttpResponse:
    settings.ROOT_URLCONF, settings.SECURE_SSL_REDIRECT = "taperplan.urls", True
    answer: HttpResponse = getattr(client, method)(path)
    return answer


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/mail/events"),
        ("get", "/mail/events"),
        ("post", "/text/events"),
        ("get", "/f/" + "t" * 43 + ".ics"),
        ("get", "/heartbeat"),
        ("post", "/m/" + "t" * 43),
        ("post", "/c/"),
        ("post", "/accounts/login/"),
    ],
)
def test_a_machine_and_whatever_is_posted_is_refused_without_tls_and_not_redirected(
    client: Client, settings: Any, method: str, path: str
) -> None:
    answer = over_http(client, settings, method, path)
    assert answer.status_code == 403
    assert "Location" not in answer.headers


@pytest.mark.parametrize("path", ["/c/" + "t" * 43, "/help/us", "/accounts/login/", "/"])
def test_a_page_is_redirected_to_tls(client: Client, settings: Any, path: str) -> None:
    answer = over_http(client, settings, "get", path)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://testserver{path}")


def test_the_patient_who_posts_without_tls_is_shown_whom_to_call(client: Client, settings: Any) -> None:
    assert b"988" in over_http(client, settings, "post", "/c/").content


@pytest.mark.parametrize("path", ["/healthz", "/nowhere"])
def test_no_other_site_may_embed_what_is_here(client: Client, path: str) -> None:
    assert client.get(path).headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_whoever_finds_a_weakness_is_told_whom_to_write_to(client: Client, settings: Any) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:security@example.org"
    with time_machine.travel(START, tick=False):
        text = client.get("/.well-known/security.txt").content.decode()
    assert text.splitlines()[:3] == [
        "Contact: mailto:security@example.org",
        "Expires: 2027-05-21T00:00:00Z",
        "Canonical: http://localhost:8000/.well-known/security.txt",
    ]


@pytest.mark.slow
@pytest.mark.django_db
def test_where_a_loop_does_the_work_redis_is_not_missed(client: Client, settings: Any) -> None:
    settings.REDIS_CLIENT_URL = NO_REDIS
    heartbeat.beat(heartbeat.LOOP)
    assert "redis" not in client.get("/heartbeat", headers=as_monitor()).json()["faults"]


@pytest.mark.slow
@pytest.mark.django_db
def test_without_its_migrations_the_service_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_migrated", lambda: False)
    answer = client.get("/readyz", headers=as_monitor())
    assert (answer.status_code, answer.json()["migrations"]) == (503, False)


def a_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


@unasked
def a_part_that_asks_again_by_itself(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


class TestHowLongASessionLasts:
    """Fifteen minutes without a request, twelve hours in all, on real time."""

    def request(self, method: str = "GET", **headers: str) -> HttpRequest:
        request = RequestFactory().generic(method, "/somewhere?page=2", headers=headers)
        request.user = SimpleNamespace(is_authenticated=True)  # type: ignore[assignment]
        request.session = SessionStore()
        request.session["_auth_user_id"] = "x"
        request._messages = CookieStorage(request)  # type: ignore[attr-defined]
        return request

    def after(
        self, request: HttpRequest, minutes: float, view: Callable[..., HttpResponse] = a_page
    ) -> HttpResponse:
        session = request.session
        with time_machine.travel(START.timestamp() + minutes * 60, tick=False):
            limits = SessionLimits(lambda _: HttpResponse("in"))
            answer = limits(request)
            if answer.status_code == 200:
                limits.process_view(request, view)
        request.session = session
        return answer

    def test_a_page_now_and_then_keeps_it_open(self) -> None:
        request = self.request()
        assert [self.after(request, minutes).status_code for minutes in range(0, 12 * 60, 14)] == [200] * 52

    def test_a_quarter_of_an_hour_of_nothing_ends_it_and_leads_back_afterwards(self) -> None:
        request = self.request()
        self.after(request, 0)
        answer = self.after(request, 15)
        assert (answer.status_code, answer.headers["Location"]) == (
            302,
            "/accounts/login/?next=%2Fsomewhere%3Fpage%3D2",
        )
        assert "_auth_user_id" not in request.session

    def test_twelve_hours_end_it_however_busy(self) -> None:
        request = self.request()
        request.session[SIGNED_IN_AT] = int(START.timestamp())
        request.session[SEEN_AT] = int(START.timestamp()) + 12 * 3600 - 60
        assert self.after(request, 12 * 60).status_code == 302

    def test_a_part_of_a_page_makes_the_whole_page_leave(self) -> None:
        shown = "http://testserver/queue?tab=mine"
        request = self.request(**{"HX-Request": "true", "HX-Current-URL": shown})
        self.after(request, 0)
        answer = self.after(request, 16)
        where = "/accounts/login/?next=%2Fqueue%3Ftab%3Dmine"
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, where)

    def test_a_page_that_is_left_open_and_asks_by_itself_does_not_keep_it_open(self) -> None:
        request = self.request(**{"HX-Request": "true"})
        self.after(request, 0)
        asked = [
            self.after(request, half / 2, a_part_that_asks_again_by_itself).status_code
            for half in range(1, 31)
        ]
        assert asked == [200] * 29 + [204]
        assert "_auth_user_id" not in request.session
