"""Which push addresses are allowed. A member types them, and the server calls what they name.

The scheme must be among PUSH_SCHEMES, and a host that an address names among PUSH_HOSTS: so no address reaches into the
operator's own network, whatever a name resolves to. Options (after a question mark) are refused: some of them name
further addresses, or switch off the check of certificates.
"""

from __future__ import annotations

import logging
from typing import Final

from apprise import Apprise, AppriseAsset, NotifyBase
from django.conf import settings

from plans.domain.text import BadText, clean_line

ADDRESS_MOST: Final = 300
# Its own log would name topics and keys: each attempt's is read (`by_apprise`), and none is written.
_LOG: Final = logging.getLogger("apprise")
_LOG.setLevel(logging.DEBUG)
_LOG.propagate = False
_LOG.addHandler(logging.NullHandler())
ASSET: Final = AppriseAsset(
    app_id="Taperplan", async_mode=False, http_redirects=False, secure_logging=True, image_url_mask=""
)
"""How Apprise behaves here: no redirects, which could lead anywhere, and no pictures."""


def clean(raw: str, *, where: str = "") -> str:
    """A push address that may be used. Raises BadText: push_scheme, push_host, push_options or not_push."""
    text = clean_line(raw, where=where, most=ADDRESS_MOST)
    scheme, found, rest = text.partition("://")
    if not found or not rest:
        raise BadText(where=where, why="not_push")
    if scheme.lower() not in settings.PUSH_SCHEMES:
        raise BadText(where=where, why="push_scheme", allowed=", ".join(settings.PUSH_SCHEMES))
    if not text.isascii() or not set("?#\\ ").isdisjoint(text):
        raise BadText(where=where, why="push_options")
    plugin = plugin_of(text)
    if plugin is None:
        raise BadText(where=where, why="not_push")
    if (host := _host(plugin)) and host not in settings.PUSH_HOSTS:
        raise BadText(where=where, why="push_host", allowed=", ".join(settings.PUSH_HOSTS))
    return text


def plugin_of(address: str) -> NotifyBase | None:
    """What Apprise makes of an address; None if it cannot be read."""
    found = Apprise.instantiate(address, asset=ASSET, suppress_exceptions=True)
    return found if isinstance(found, NotifyBase) else None


def _host(plugin: NotifyBase) -> str:
    """The host that an address names, with its port if it names one; "" for a service that has its own."""
    if "host" not in plugin.template_tokens or not plugin.host:
        return ""
    port = getattr(plugin, "port", None)
    return f"{plugin.host}:{port}".lower() if port else str(plugin.host).lower()
