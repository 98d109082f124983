"""What kind of device a browser says it is, so that somebody recognises their own sessions."""

from __future__ import annotations

from typing import Final

# The first that is found: most browsers also name those they descend from.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_of(agent: str) -> str:
    """Browser and system in words, "Firefox, Windows"; "" for what we do not know."""
    found = (next((name for mark, name in each if mark in agent), "") for each in (_BROWSERS, _SYSTEMS))
    return ", ".join(name for name in found if name)
