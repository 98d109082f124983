"""Signing in: from when a second step is required, and what can change about how somebody signs in.

A second step (an authenticator app or a passkey) is required of everybody who works in a clinic whose date has come:

    >>> is_required(date(2026, 12, 1), today=date(2026, 12, 1))
    True
    >>> is_required(date(2027, 1, 4), today=date(2026, 12, 1))
    False
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

FURTHEST: Final = timedelta(days=365)
"""How far ahead a lead may put the date."""


class CredentialChange(StrEnum):
    """A change of how somebody signs in; each is told to them by e-mail."""

    PASSWORD = "password"  # noqa: S105 - the name of a change
    APP_ADDED = "app_added"
    APP_REMOVED = "app_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    CODES_MADE = "codes_made"
    FACTOR_RESET = "factor_reset"
    PROVIDER_ADDED = "provider_added"


def is_required(begins: date | None, *, today: date) -> bool:
    """Whether a clinic requires a second step today; one that never chose a day does."""
    return begins is None or begins <= today


@dataclass(frozen=True, slots=True)
class SsoProvider:
    """A clinic's own system that people sign in through. `claim` names groups, `roles` the role that each gives.

    `trust_address`: its addresses are right although it does not say that they were verified.
    """

    key: str
    name: str
    clinic_id: UUID
    claim: str
    roles: Mapping[str, str]
    trust_address: bool = False

    def role_of(self, said: object, order: Sequence[str]) -> str | None:
        """The first role in `order` that one of the named groups gives; None if none does."""
        groups = said if isinstance(said, list) else [said]
        given = {self.roles[group] for group in groups if isinstance(group, str) and group in self.roles}
        return next((role for role in order if role in given), None)
