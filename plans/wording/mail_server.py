"""What is wrong with the mail server, for the status line on every page of a clinic."""

from __future__ import annotations

from django.utils.translation import gettext as _


def trouble_words(fault: str) -> str:
    """What keeps messages waiting, and what to do; "" if nothing does. `fault` comes from a StatusLine."""
    if not fault:
        return ""
    if fault == "sign_in_refused":
        return _("The mail server refuses our sign-in: messages wait. Tell whoever runs this installation.")
    if fault == "held_up":
        return _(
            "The mail server delays or refuses all messages: messages wait. Tell whoever runs this "
            "installation."
        )
    return _("The mail server cannot be reached: messages wait. Tell whoever runs this installation.")
