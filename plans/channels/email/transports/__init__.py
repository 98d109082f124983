"""The transports by which messages leave, one file each: MAIL_TRANSPORT names the file.

Another provider, or text messages, is one more file here with `make()`, which gives an object with the three methods of
`delivery.Transport`. A message says to which address it goes, to which telephone, under which Message-ID, and what it
says, as a whole message and as plain text.
"""

from __future__ import annotations

import importlib

from django.conf import settings

from plans.channels.email.delivery import Transport


def chosen() -> Transport:
    """The transport of the settings."""
    return named(settings.MAIL_TRANSPORT)


def named(name: str) -> Transport:
    """The transport of a file in this folder. Raises ModuleNotFoundError for one there is not."""
    transport: Transport = importlib.import_module(f"{__name__}.{name}").make()
    return transport
