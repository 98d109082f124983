"""The form of a clinic's own question."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from plans.domain.checkins.clinic_questionnaires import WORDING_MOST, Answer, OwnItem
from plans.domain.text import BadText, clean_line
from plans.web.forms import EdgeForm, ParsedField, choices
from plans.web.untyped import Posted, Values
from plans.wording import clinic_questionnaires
from plans.wording.text import text_words


def _wording(where: str, *, required: bool) -> ParsedField:
    labels = {
        "english": (_("Question in English"), _("As the patient reads it, in plain and short words")),
        "spanish": (
            _("Question in Spanish"),
            _("Without it the question is not asked in Spanish"),
        ),
    }
    label, hint = labels[where]
    return ParsedField(
        lambda raw: clean_line(raw, where=where, most=WORDING_MOST, required=required),
        label=label,
        help_text=hint,
        required=required,
    )


class QuestionForm(EdgeForm):
    """Wording, kind of answer, position, and when it is asked."""

    english = _wording("english", required=True)
    spanish = _wording("spanish", required=False)
    answer = forms.ChoiceField(
        label=_("How it is answered"),
        widget=forms.RadioSelect,
        choices=choices(clinic_questionnaires.ANSWERS),
    )
    after = forms.ChoiceField(label=_("Where it is asked"), choices=choices(clinic_questionnaires.PLACES))
    only = forms.ChoiceField(
        label=_("How often it is asked"), choices=choices(clinic_questionnaires.FORMS), required=False
    )
    taking = forms.BooleanField(label=_("Only while a dose is planned"), required=False)

    def __init__(self, data: Posted | None = None, *, item: OwnItem | None = None) -> None:
        start: Values = {"after": "medicines", "only": ""}
        if item is not None:
            start = {
                "english": item.english,
                "spanish": item.spanish,
                "answer": item.answer.value,
                "after": item.after,
                "only": item.only,
                "taking": item.taking,
            }
        super().__init__(data, initial=start)

    def item(self) -> OwnItem:
        """The question typed, once the form is valid."""
        typed = self.cleaned_data
        return OwnItem(
            english=typed["english"],
            spanish=typed["spanish"],
            answer=Answer(typed["answer"]),
            after=typed["after"],
            only=typed["only"],
            taking=typed["taking"],
        )

    def refuse_text(self, refusal: BadText) -> None:
        """Show a refusal of the domain beside its field."""
        self.add_error(refusal.where if refusal.where in self.fields else None, text_words(refusal))
