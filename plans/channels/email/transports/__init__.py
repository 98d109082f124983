"""The transports that send messages, one file each; MAIL_TRANSPORT names the file.

Another provider, or text messages, is one more file here with a `make()` that returns an object with the three methods
of `delivery.Transport`. A message has its address, telephone number, Message-ID, and content as MIME and as plain text.
"""

from __future__ import annotations

import importlib

from django.conf import settings

from plans.channels.email.delivery import Transport


def chosen() -> Transport:
    """The transport of the settings."""
    return named(settings.MAIL_TRANSPORT)


def named(name: str) -> Transport:
    """The transport of a file in this folder. Raises ModuleNotFoundError for an unknown name."""
    transport: Transport = importlib.import_module(f"{__name__}.{name}").make()
    return transport
