"""Signing in through a clinic's own system (OpenID Connect): off unless SSO_FILE names a file that says how.

[harbour]
name = "Harbour Hospital"                                # on the button
url = "https://login.harbour.example.org/realms/staff"   # the issuer
client_id = "taperplan"
secret = "…"
clinic = "0f0e3c1a-…"                                         # the clinic's key
claim = "groups"                                         # what names the role
[harbour.roles]
taper-leads = "lead"
taper-clinicians = "clinician"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from plans.domain.roles import GIVEN_BY_LEADS
from plans.domain.signing_in import SsoProvider
from taperplan import env

_NAME: Final = "SSO_FILE"
_KEY: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_TEXTS: Final = ("name", "url", "client_id", "secret", "clinic")


def read(path: str) -> tuple[tuple[SsoProvider, ...], list[dict[str, object]]]:
    """The providers of a file, and the same as django-allauth reads them. Raises WrongSetting; no secret is in it."""
    if not path:
        return (), []
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise env.WrongSetting(
            _NAME, "names no file that can be read as TOML", "See docs/signing-in.md."
        ) from fault
    both = [_one(key, table) for key, table in found.items()]
    return tuple(provider for provider, _app in both), [app for _provider, app in both]


# Any: what a file says.
def _one(key: str, table: Any) -> tuple[SsoProvider, dict[str, object]]:
    if not isinstance(table, Mapping) or not _KEY.fullmatch(key):
        raise _wrong(key, "is no table with a short name in small letters")
    texts: dict[str, str] = {}
    for name in _TEXTS:
        value = table.get(name)
        if not isinstance(value, str) or not value.strip():
            raise _wrong(key, f"has no {name}")
        texts[name] = value.strip()
    parts = urlsplit(texts["url"])
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1"):
        raise _wrong(key, "has a url that does not begin with https://")
    roles = table.get("roles")
    if not isinstance(roles, Mapping) or not roles or not all(isinstance(one, str) for one in roles.values()):
        raise _wrong(key, "has no roles")
    if not set(roles.values()) <= set(GIVEN_BY_LEADS):
        raise _wrong(key, f"has a role that is none of {', '.join(GIVEN_BY_LEADS)}")
    try:
        clinic_id = UUID(texts["clinic"])
    except ValueError:
        raise _wrong(key, "has a clinic that is no key") from None
    provider = SsoProvider(
        key=key,
        name=texts["name"],
        clinic_id=clinic_id,
        claim=str(table.get("claim", "groups")),
        roles={str(group): role for group, role in roles.items()},
        trust_address=table.get("trust_address") is True,
    )
    app: dict[str, object] = {
        "provider_id": key,
        "name": texts["name"],
        "client_id": texts["client_id"],
        "secret": texts["secret"],
        "settings": {"server_url": texts["url"], "oauth_pkce_enabled": True},
    }
    return provider, app


def _wrong(key: str, problem: str) -> env.WrongSetting:
    return env.WrongSetting(_NAME, f"[{key[:40]}] {problem}", "See docs/signing-in.md.")
