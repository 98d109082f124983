"""The letter to a new member of staff: a link to set the first password."""

from __future__ import annotations

from allauth.account.forms import ResetPasswordForm
from django.http import HttpRequest

INVITES = "taperplan_invites"


def invite(request: HttpRequest, email: str) -> None:
    """Send the link of a forgotten password, in the words of an invitation (the adapter chooses them by this mark).

    Raises OSError or SMTPException when the mail server does not take it.
    """
    form = ResetPasswordForm({"email": email})
    if form.is_valid():
        request.META[INVITES] = True
        form.save(request)
