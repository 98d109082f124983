"""How django-allauth's second step behaves here: secrets are encrypted, codes are tried slowly and work once.

password  →  /accounts/2fa/authenticate/ (code, passkey or recovery code)  →  signed in
passkey with the person's own check (finger, face, PIN)                    →  signed in
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.domain import text
from plans.domain.text import BadText
from plans.services import factor_keys, limits, second_factor
from plans.web.network import network_of
from plans.web.untyped import Allauth
from plans.wording.text import text_words

_TRIES: Final = (6, timedelta(minutes=1))
"""Wrong codes for an account from one network: burst, and refill interval."""
_ALL_TRIES: Final = (20, timedelta(minutes=5))
"""The same from all networks together: a million codes would take years."""
_USED_FOR: Final = timedelta(minutes=3)
_WRONG: Final = gettext_lazy(
    "This code is not right, or was used before. Type the six digits that the app shows now, or a recovery code."
)


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Words, encryption, and what may be removed."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _WRONG,
        "cannot_delete_authenticator": gettext_lazy(
            "Your clinic requires a second step, and this is your only one. Add another first."
        ),
    }

    def encrypt(self, text: str) -> str:
        """The secret as it is stored."""
        return factor_keys.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret as it was given to `encrypt`."""
        return factor_keys.decrypt(encrypted_text)

    def can_delete_authenticator(self, authenticator: Allauth) -> bool:
        """Whether a factor may go: not the last one, where a clinic requires one."""
        return second_factor.may_remove(authenticator.user_id, authenticator.pk)

    def generate_authenticator_name(self, user: Allauth, type: Allauth) -> str:  # noqa: A002 - as allauth calls it
        """The name that a new passkey is offered."""
        return _("Passkey")


class _Slow:
    """Forms that take a code: tried slowly, and each code works once."""

    user: Allauth

    def clean_code(self) -> str:
        """The code, if it is right."""
        form: Allauth = super()
        account, network = str(self.user.pk), network_of(context.request)
        keys = ((("factor", account, network), *_TRIES), (("factor:all", account), *_ALL_TRIES))
        for key, burst, every in keys:
            if limits.take(*key, burst=burst, every=every):
                raise ValidationError(
                    _(
                        "Too many wrong codes. Wait a minute, then type the next one. The account is not locked."
                    ),
                    code="too_fast",
                )
        code: str = form.clean_code()
        if limits.count("factor:used", account, normalize_user_code(code), within=_USED_FOR) > 1:
            raise ValidationError(str(_WRONG), code="incorrect_code")
        for key, _burst, every in keys:
            limits.refund(*key, every=every)
        return code


class SecondStepForm(_Slow, AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The second step of signing in, with a code."""


class ProofForm(_Slow, ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    """Showing who one is, with a code."""


class FirstStepForm(_Slow, ActivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    """The first code of a new authenticator app."""


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A new passkey. It signs in alone unless that is unticked, as an old security key needs."""

    passwordless = forms.BooleanField(
        label=gettext_lazy("Sign in with this passkey alone, without a password"),
        help_text=gettext_lazy(
            "It then asks for your finger, face or PIN. Untick it for an old security key."
        ),
        required=False,
        initial=True,
    )

    def clean_name(self) -> str:
        """Its name, in one line."""
        try:
            return text.clean_line(self.cleaned_data["name"], required=False, most=60) or _("Passkey")
        except BadText as problem:
            raise ValidationError(text_words(problem), code=problem.why) from problem
