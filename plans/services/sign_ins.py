"""How fast passwords may be tried. Attempts are slowed down but never locked out: no stranger can keep a clinician from
the queue.

A device that signed in before has its own count, which attempts from elsewhere do not affect. Elsewhere attempts are
counted by account and network; while an account is under attack, each new network waits a few seconds once before an
attempt is checked. No wait is longer than `LONGEST`, however often others try.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.core import signing

from plans.domain.errors import Refused
from plans.models import User
from plans.services import limits

LONGEST: Final = timedelta(seconds=10)
DEVICE_FOR: Final = timedelta(days=180)
_SALT: Final = "plans.sign_in.device"

_OWN: Final = (10, timedelta(seconds=3))
"""Wrong passwords on a known device: burst, and refill interval."""
_PAIR: Final = (5, LONGEST)
"""The same for an account from one network, on devices we do not know."""
_NETWORK: Final = (20, timedelta(seconds=3))
"""The same for one network, over all accounts."""
_UNDER_ATTACK: Final = 20
_ATTACK_WITHIN: Final = timedelta(minutes=10)
_WAIT: Final = timedelta(seconds=5)
_COME_BACK: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that may be checked; call `right` if the password was right."""

    right: Callable[[], None]


def device_key(user_id: UUID) -> str:
    """The cookie value of a device on which this user signed in; a new password makes it void."""
    user = User.objects.get(pk=user_id)
    return signing.dumps([str(user_id), _mark(user), secrets.token_urlsafe(8)], salt=_SALT)


def _mark(user: User) -> str:
    return user.get_session_auth_hash()[:16]


def knows(device: str, email: str) -> bool:
    """Whether this device has signed in to the account with this address before."""
    try:
        user_id, mark, _own = signing.loads(device, salt=_SALT, max_age=DEVICE_FOR)
    except (signing.BadSignature, ValueError):
        return False
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return user is not None and user.email.lower() == email.lower() and _mark(user) == mark


def begin(*, email: str, network: str, device: str) -> Attempt:
    """Allow a password to be checked. Raises Refused("too_fast") with `seconds` to wait, at most `LONGEST`."""
    account = email.strip().lower()
    if knows(device, account):
        return _take((("sign_in:device", device), *_OWN))
    if limits.counted("sign_in:account", account) >= _UNDER_ATTACK:
        _slow(limits.wait_once("sign_in:waited", account, network, wait=_WAIT, good_for=_COME_BACK))
    found = _take((("sign_in:pair", account, network), *_PAIR), (("sign_in:network", network), *_NETWORK))
    limits.count("sign_in:account", account, within=_ATTACK_WITHIN)
    return found


def _take(*which: tuple[tuple[str, ...], int, timedelta]) -> Attempt:
    taken: list[tuple[tuple[str, ...], timedelta]] = []

    def right() -> None:
        for key, every in taken:
            limits.refund(*key, every=every)

    for key, burst, every in which:
        wait = limits.take(*key, burst=burst, every=every)
        if wait:
            right()
            _slow(wait)
        taken.append((key, every))
    return Attempt(right)


def _slow(wait: timedelta) -> None:
    if wait > limits.NO_WAIT:
        raise Refused(reason="too_fast", seconds=int(-(-wait.total_seconds() // 1)))
