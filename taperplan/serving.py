"""What must be set before this installation may serve people; checked by the web process, the workers and `check`."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register  # noqa: A004 - the name of a level
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from plans.management import catalogue

log = logging.getLogger(__name__)

_MAKE_KEY = 'Make one with: python -c "import secrets; print(secrets.token_urlsafe(48))"'
_SHORTEST_KEY = 32
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
# Answers in one conversation: each may take the whole EMAIL_TIMEOUT, and the last follows the message.
_ANSWERS = 6


def problems(*, keys: bool = True) -> Iterator[Error]:
    """Every reason not to serve, each with an id and a remedy. `keys=False`: for a process that makes no links and
    signs nothing."""
    if keys:
        yield from _weak_keys()
    if catalogue.stale():
        yield Error(
            "The translations are not compiled: patients would read English whatever their language.",
            hint="Run: manage.py words",
            id="taperplan.E008",
        )
    if settings.TAPERPLAN_DEMO:
        if not _is_loopback(settings.SITE_URL):
            yield Error(
                "TAPERPLAN_DEMO is on for a site that others can reach: its clock can be moved.",
                hint="Unset TAPERPLAN_DEMO, or set SITE_URL to an address on localhost.",
                id="taperplan.E003",
            )
        return
    if not settings.SITE_IS_HTTPS and not _is_loopback(settings.SITE_URL):
        yield Error(
            "SITE_URL is not https: links and sign-in would travel readable.",
            hint="Put a proxy with TLS in front and set SITE_URL=https://… and TRUSTED_PROXIES=1.",
            id="taperplan.E004",
        )
    if loose := [image for image in settings.IMAGES if not _DIGEST.search(image)]:
        yield Error(
            f"An image is not named by its digest: {', '.join(loose)}. Tomorrow's pull could run something else.",
            hint="Run deploy/pin-images.sh, which writes the digests into .env.",
            id="taperplan.E009",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS allows every host name.",
            hint="Name the host of SITE_URL; leave ALLOWED_HOSTS unset for just that one.",
            id="taperplan.E005",
        )
    if settings.LEASE_SECONDS <= settings.CELERY_TASK_TIME_LIMIT:
        yield Error(
            "LEASE_SECONDS is not longer than a task may run: work could be claimed twice.",
            hint=f"Set LEASE_SECONDS above {settings.CELERY_TASK_TIME_LIMIT}.",
            id="taperplan.E006",
        )
    elif settings.LEASE_SECONDS < _ANSWERS * settings.EMAIL_TIMEOUT:
        yield Error(
            "EMAIL_TIMEOUT is long beside LEASE_SECONDS: a message could be given up while it is handed over.",
            hint=f"Set LEASE_SECONDS to {_ANSWERS} times EMAIL_TIMEOUT at least.",
            id="taperplan.E007",
        )


def _weak_keys() -> Iterator[Error]:
    for name, given, value, number in (
        ("SECRET_KEY", settings.SECRET_KEY_GIVEN, settings.SECRET_KEY, 1),
        ("LINK_KEY", settings.LINK_KEY_GIVEN, settings.LINK_KEY, 2),
    ):
        if not given:
            yield Error(f"{name} is not set.", hint=_MAKE_KEY, id=f"taperplan.E00{number}")
        elif len(value) < _SHORTEST_KEY:
            yield Error(f"{name} is shorter than 32 characters.", hint=_MAKE_KEY, id=f"taperplan.E00{number}")


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def require(*, keys: bool = True) -> None:
    """Refuse to serve while there is a problem.

    Raises ImproperlyConfigured with every problem and its remedy.
    """
    found = list(problems(keys=keys))
    if found:
        lines = [f"{problem.id} {problem.msg} {problem.hint}" for problem in found]
        raise ImproperlyConfigured("not ready to serve:\n  " + "\n  ".join(lines))


@register(Tags.security, deploy=True)
def check_serving(**_: object) -> list[Error]:
    """The same problems in `manage.py check --deploy`."""
    return list(problems())


@register(Tags.security, deploy=True)
def check_server_log(**_: object) -> list[CheckMessage]:
    """That the database server keeps statements, and the answers in them, out of its log."""
    from plans.services import server_log  # noqa: PLC0415 - reads models, which are ready only now

    try:
        found = server_log.talkative()
    except DatabaseError:
        return [Info("The database could not be asked what it writes to its log.", id="taperplan.I001")]
    if not found or settings.TAPERPLAN_DEMO:
        return []
    return [
        Warning(
            "The database server writes statements to its log, and with them what patients answered.",
            hint=f"Set in postgresql.conf, or by ALTER ROLE … SET as a superuser: {', '.join(found)}.",
            id="taperplan.W001",
        )
    ]


@register(Tags.security, deploy=True)
def check_database_role(**_: object) -> list[CheckMessage]:
    """That the application's role of the database cannot rewrite the audit trail."""
    from plans.services import database_roles  # noqa: PLC0415 - reads models, which are ready only now

    try:
        found = database_roles.may_change_history()
    except DatabaseError:
        return [
            Info("The database could not be asked what the application may do in it.", id="taperplan.I002")
        ]
    if not found or settings.TAPERPLAN_DEMO:
        return []
    return [
        Warning(
            "The application's role of the database can rewrite the audit trail.",
            hint="Make the roles (docs/trail.md); give prepare_database the owner's in OWNER_DATABASE_URL.",
            id="taperplan.W002",
        )
    ]


@register(Tags.security, deploy=True)
def check_wall(**_: object) -> list[CheckMessage]:
    """That the database keeps clinics apart for web processes (docs/trail.md)."""
    from plans.services import walled_tables  # noqa: PLC0415 - reads models, which are ready only now

    try:
        missing = walled_tables.without_wall()
    except DatabaseError:
        return [Info("The database could not be asked whether it keeps clinics apart.", id="taperplan.I004")]
    if not missing:
        return []
    where = ", ".join(missing) if walled_tables.stands() is False else "any table"
    return [
        Warning(
            f"The second wall between clinics does not stand around {where}.",
            hint="Run: manage.py wall up (docs/trail.md), once no server of an older release serves.",
            id="taperplan.W008",
        )
    ]


def warn_of_wall() -> None:
    """Say at the start of a web process if nothing in the database would keep its clinics apart."""
    from plans.services import walled_tables  # noqa: PLC0415 - as above

    try:
        found = [str(problem.msg) for problem in check_wall() if problem.id == "taperplan.W008"]
        if walled_tables.goes_round():
            found.append("The web process's role of the database goes round the second wall between clinics.")
    except DatabaseError:
        # Whether the database answers is /readyz's to say.
        return
    for sentence in found:
        log.warning(sentence)


@register(Tags.security, deploy=True)
def check_transport(**_: object) -> list[CheckMessage]:
    """That what leaves this machine is encrypted, and its receiver's certificate checked."""
    from plans.services import database_transport  # noqa: PLC0415 - asks the database, which is ready only now

    if settings.TAPERPLAN_DEMO:
        return []
    found: list[CheckMessage] = []
    database = settings.DATABASES["default"]
    if _leaves(str(database.get("HOST") or "")):
        mode = str(database.get("OPTIONS", {}).get("sslmode", ""))
        if mode != "verify-full":
            found.append(
                Warning(
                    "Nothing proves that the database server is ours: its certificate and name are not checked.",
                    hint="Add ?sslmode=verify-full&sslrootcert=/path/ca.pem to DATABASE_URL.",
                    id="taperplan.W007",
                )
            )
        found += _plain_database(database_transport.is_encrypted)
    redis = urlsplit(settings.REDIS_URL)
    if redis.scheme == "redis" and _leaves(redis.hostname or ""):
        found.append(
            Warning(
                "Redis is spoken to without TLS.",
                hint="Set REDIS_URL=rediss://…, and REDIS_CA where your own authority signed its certificate.",
                id="taperplan.W004",
            )
        )
    if settings.MAIL_TRANSPORT == "smtp" and not settings.EMAIL_USE_TLS and _leaves(settings.EMAIL_HOST):
        found.append(
            Warning(
                "Messages go to the mail server readable.",
                hint="Set EMAIL_USE_TLS=1; its certificate is checked then.",
                id="taperplan.W005",
            )
        )
    mailbox = urlsplit(settings.BOUNCE_MAILBOX)
    if mailbox.scheme == "imap" and _leaves(mailbox.hostname or ""):
        found.append(
            Warning(
                "The mailbox of bounces is read without TLS, with its password.",
                hint="Write BOUNCE_MAILBOX as imaps://…",
                id="taperplan.W006",
            )
        )
    return found


def _plain_database(is_encrypted: Callable[[], bool]) -> list[CheckMessage]:
    try:
        encrypted = is_encrypted()
    except DatabaseError:
        return [
            Info("The database could not be asked whether its connection is encrypted.", id="taperplan.I003")
        ]
    if encrypted:
        return []
    return [
        Warning(
            "The connection to the database is not encrypted: names and answers travel readable.",
            hint="Switch `ssl` on in postgresql.conf, and see docs/security.md.",
            id="taperplan.W003",
        )
    ]


def _leaves(host: str) -> bool:
    """Whether a host is another machine: neither a socket nor loopback."""
    return bool(host) and not host.startswith(("/", "127.")) and host not in {"localhost", "::1"}
