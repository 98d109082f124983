"""Text messages: one file for each provider, named by TEXT_PROVIDER.

Another provider is one more file here, with a `make()` that returns an object with the method of `short.Provider`, and
with FAULTS: what can go wrong with it, and what became of a message then.
"""

from __future__ import annotations

import importlib

from django.conf import settings

from plans.channels.short import Provider


def chosen() -> Provider:
    """The provider of the settings."""
    return named(settings.TEXT_PROVIDER)


def named(name: str) -> Provider:
    """The provider of a file in this folder. Raises ModuleNotFoundError for an unknown name."""
    provider: Provider = importlib.import_module(f"{__name__}.{name}").make()
    return provider
