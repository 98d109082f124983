"""Rate limits: how often something may be tried. In their own table, so that a full cache cannot evict them.

They use real time, so moving a demo's clock opens nothing sooner. Keys are HMACs, so rows name nobody.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from plans.models import Limit
from plans.services import clock

NO_WAIT: Final = timedelta(0)


def _key(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()


def count(*parts: str, within: timedelta) -> int:
    """Count one try under a key; returns the tries in this window, which begins with its first try."""
    real = clock.real_now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO plans_limit AS l (key, count, until) VALUES (%(key)s, 1, %(until)s) "
            "ON CONFLICT (key) DO UPDATE SET "
            "count = CASE WHEN l.until <= %(now)s THEN 1 ELSE l.count + 1 END, "
            "until = CASE WHEN l.until <= %(now)s THEN %(until)s ELSE l.until END RETURNING count",
            {"key": _key(*parts), "now": real, "until": real + within},
        )
        return int(cursor.fetchone()[0])


def counted(*parts: str) -> int:
    """The tries counted under a key, without adding one."""
    rows = Limit.objects.filter(key=_key(*parts), until__gt=clock.real_now())
    return rows.values_list("count", flat=True).first() or 0


def take(*parts: str, burst: int, every: timedelta) -> timedelta:
    """Take one of `burst` tries, one of which is refilled `every` so often; the wait until there is one, or NO_WAIT.

    Nothing is taken while there is a wait, so it is never longer than `every`, however often one tries.
    """
    real = clock.real_now()
    with transaction.atomic():
        row = _locked(_key(*parts), real)
        spent = max(row.until, real)
        wait = spent + every - real - burst * every
        if wait > NO_WAIT:
            return wait
        Limit.objects.filter(key=row.key).update(until=spent + every)
    return NO_WAIT


def refund(*parts: str, every: timedelta) -> None:
    """Return a try that turned out to be legitimate."""
    with transaction.atomic():
        row = _locked(_key(*parts), clock.real_now())
        Limit.objects.filter(key=row.key).update(until=row.until - every)


def wait_once(*parts: str, wait: timedelta, good_for: timedelta) -> timedelta:
    """Make a caller under a key wait once: the remaining wait, or NO_WAIT if they waited and came back in time.

    The next try then waits again.
    """
    real, key = clock.real_now(), _key(*parts)
    with transaction.atomic():
        row = _locked(key, real)
        opens = row.until - good_for
        if row.count and real >= opens and real < row.until:
            Limit.objects.filter(key=key).update(count=0, until=real)
            return NO_WAIT
        if row.count and real < opens:
            return opens - real
        Limit.objects.filter(key=key).update(count=1, until=real + wait + good_for)
    return wait


def _locked(key: str, real: datetime) -> Limit:
    Limit.objects.bulk_create([Limit(key=key, until=real)], ignore_conflicts=True)
    return Limit.objects.select_for_update(no_key=True).get(key=key)


def forget() -> int:
    """Delete expired limits and cache entries; returns how many."""
    real = clock.real_now()
    gone, _ = Limit.objects.filter(until__lt=real).delete()
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [real])  # noqa: S608 - our own setting, quoted
        return gone + int(cursor.rowcount)
