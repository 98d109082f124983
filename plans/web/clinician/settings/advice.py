"""The advice on page 1 of the calendar, which the clinic's lead edits and signs."""

from __future__ import annotations

from typing import Final

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain import text
from plans.domain.documents.advice import SIGN_MOST, SIGNS_MOST, TEXT_MOST, AdviceTexts
from plans.domain.errors import Stale
from plans.services import advice
from plans.services.actors import May
from plans.services.documents.variant import LANGUAGES
from plans.web.clinician.settings.advice_trial import trial
from plans.web.forms import EdgeForm, ParsedField, seen_number
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.wording import people
from plans.wording.documents import calendar_words

_NOT_PRINTED: Final = {
    "does_not_fit": gettext_lazy("This does not fit on page 1 in every print size. Make it shorter."),
    "unprintable_text": gettext_lazy("This contains characters that the printed fonts do not have."),
    "writing": gettext_lazy(
        "Doses and times are written out on paper: 0.5 mg, 5 mg, half, and. No abbreviations, no & or +."
    ),
}


def _text_field(label: object, help_text: object, most: int) -> ParsedField:
    return ParsedField(
        lambda raw: text.clean_line(raw, most=most),
        label=label,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )


def _signs(raw: str) -> tuple[str, ...]:
    """Parse the emergency signs, one for each line; at least one is needed. Raises BadText."""
    found = text.clean_lines(raw, most=SIGN_MOST, lines=SIGNS_MOST)
    if not found:
        raise text.BadText(why="missing")
    return found


class AdviceForm(EdgeForm):
    """The three texts in one language. `texts()` after `is_valid()`."""

    missed = _text_field(
        gettext_lazy("If a dose is missed"),
        gettext_lazy(
            "Followed in bold by: never take two doses together; and whom to call after a whole day"
        ),
        TEXT_MOST,
    )
    worse = _text_field(
        gettext_lazy("When feeling worse"),
        gettext_lazy("Followed in bold by: do not stop suddenly, do not take extra"),
        TEXT_MOST,
    )
    emergency = ParsedField(
        _signs,
        label=gettext_lazy("Emergency"),
        help_text=gettext_lazy(
            "Signs that need an ambulance, one per line; the number to call is printed above"
        ),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
    )

    def texts(self) -> AdviceTexts:
        """The texts as typed."""
        c = self.cleaned_data
        return AdviceTexts(c["missed"], c["worse"], c["emergency"])


def _start(language: str, standing: AdviceTexts | None) -> dict[str, str]:
    said = calendar_words(language).said
    if standing is None:
        # Non-breaking spaces are plain ones on screen; they are put back for printing.
        return {
            name: said[f"{name}_text"].replace("\u00a0", " ") for name in ("missed", "worse", "emergency")
        }
    return {
        "missed": standing.missed,
        "worse": standing.worse,
        "emergency": "\n".join(standing.emergency),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def advice_page(request: StaffRequest, language: str) -> HttpResponse:
    """Show, edit and sign the advice; text that does not fit on the printed page is refused here."""
    if language not in LANGUAGES:
        raise Http404
    standing = advice.of_clinic(request.actor)[language]
    form = AdviceForm(initial=_start(language, standing.texts if standing else None))
    status = 200
    if request.method == "POST":
        form, status = AdviceForm(request.POST), 422
        if form.is_valid() and _printable(form, language):
            try:
                number = advice.sign(
                    by=request.actor,
                    language=language,
                    seen_number=seen_number(request.POST, "seen"),
                    texts=form.texts(),
                )
            except Stale:
                form.add_error(
                    None, _("Other texts were signed meanwhile. Read those in force below, then sign again.")
                )
                status = 409
            else:
                _say_signed(request, number)
                return redirect("settings")
    context = {
        "place": "settings",
        "form": form,
        "language": people.LANGUAGES.get(language, language),
        "standing": standing,
        "stale": status == 409,
    }
    return page(request, "clinic/settings_advice.html", context, status=status)


def _printable(form: AdviceForm, language: str) -> bool:
    found = trial(form.texts(), language)
    if found is None:
        return True
    why, where = found
    form.add_error(where if where in form.fields else None, str(_NOT_PRINTED[why]))
    return False


def _say_signed(request: StaffRequest, number: int) -> None:
    say(
        request,
        _("Signed as number %(number)s") % {"number": number},
        _("Documents drawn from now on show it; earlier ones keep the old text."),
        go=(reverse("documents"), _("Draw all documents again")),
    )
