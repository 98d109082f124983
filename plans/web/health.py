"""`/healthz`: the process is alive. `/readyz`: it can serve, which takes the database and its migrations.

`/heartbeat`: messages, documents and alerts are being processed; for an outside monitor that alerts somebody if not.

Whoever asks is told yes or no. Which part is at fault is for a monitor with MONITOR_SECRET, sent as
`Authorization: Bearer <secret>`: it would tell an attacker what to press on.
"""

from __future__ import annotations

import functools
import hmac
import logging

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from plans.services import heartbeat as pulses
from plans.web.gate import public_page

log = logging.getLogger(__name__)


@never_cache
@require_safe
@public_page
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer while the process is alive, without asking any other part."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
@public_page
def heartbeat(request: HttpRequest) -> JsonResponse:
    """For an outside monitor: 503 when messages are stuck, with codes that say why. No personal data."""
    try:
        found = pulses.pulse()
    except DatabaseError:
        log.warning("heartbeat cannot be read", exc_info=True)
        known = {"faults": ["database"]} if _may_see(request) else {}
        return JsonResponse({"alive": False, **known}, status=503)
    last = found.last_tick_at.isoformat() if found.last_tick_at else None
    faults = list(found.faults)
    if not found.polls_outbox and not _redis_answers():
        faults.append("redis")
    body = {
        "alive": not faults,
        "faults": faults,
        "last_tick": last,
        "oldest_due_seconds": found.oldest_due_seconds,
        "staff_last_reached": found.chain_worked_at.isoformat() if found.chain_worked_at else None,
        "rota_calendars_failing": found.calendars_failing,
    }
    return JsonResponse(body if _may_see(request) else {"alive": not faults}, status=503 if faults else 200)


@never_cache
@require_safe
@public_page
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if everything a page needs answers, else 503 with the part that does not.

    Redis only notifies workers: without it work is late, and /heartbeat says so. A web process taken out for it
    would refuse the answers of patients.
    """
    parts = {"database": _database_answers(), "migrations": False}
    parts["migrations"] = parts["database"] and _migrated()
    ready = all(parts.values())
    told = parts if _may_see(request) else {}
    return JsonResponse({"ready": ready, **told}, status=200 if ready else 503)


def _may_see(request: HttpRequest) -> bool:
    """Whether the one who asks may know which part is at fault; in a demo everybody may."""
    if settings.TAPERPLAN_DEMO:
        return True
    given = request.headers.get("Authorization", "").encode("utf-8", "replace")
    wanted = f"Bearer {settings.MONITOR_SECRET}".encode()
    return bool(settings.MONITOR_SECRET) and hmac.compare_digest(given, wanted)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.warning("database does not answer", exc_info=True)
        return False
    return True


_migrations_seen: set[str] = set()


def _migrated() -> bool:
    """Whether no migration is waiting. A yes is cached for the life of the process: applied migrations stay
    applied.
    """
    if connection.alias in _migrations_seen:
        return True
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        log.warning("migrations cannot be read", exc_info=True)
        return False
    if not waiting:
        _migrations_seen.add(connection.alias)
    return not waiting


@functools.cache
def _redis_client(address: str) -> redis.Redis:
    return redis.Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2)


def _redis_answers() -> bool:
    try:
        return bool(_redis_client(settings.REDIS_CLIENT_URL).ping())
    except redis.RedisError:
        log.warning("redis does not answer", exc_info=True)
        return False
