"""Fields of thresholds and cadence, a clinic's or one patient's: whole numbers within the limits of the domain."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from plans.domain.checkins import clinic_rules
from plans.domain.checkins.clinic_rules import BadRules
from plans.domain.checkins.flagging import Thresholds
from plans.web.forms import EdgeForm
from plans.web.untyped import Options, Posted
from plans.wording import rules


class WholeField(forms.IntegerField):
    """A whole number within limits, refused in one sentence."""

    def __init__(self, least: int, most: int, **more: Options) -> None:
        super().__init__(**more)
        self.least, self.most = least, most
        self.sentence = rules.refusal_words(BadRules(where="", why="out_of_range", least=least, most=most))
        self.error_messages.update({"required": self.sentence, "invalid": self.sentence})
        self.widget.attrs.update({"class": "input num", "inputmode": "numeric"})

    # Any: Django calls it with whatever `clean` gave.
    def validate(self, value: Any) -> None:
        """Refuse what is missing or outside the limits."""
        super().validate(value)
        if not self.least <= value <= self.most:
            raise forms.ValidationError(self.sentence, code="out_of_range")


class ThresholdsForm(EdgeForm):
    """All thresholds of the flag rules."""

    def __init__(self, data: Posted | None = None, *, now: Thresholds, **more: Options) -> None:
        initial = {name: getattr(now, name) for name in clinic_rules.LIMITS}
        super().__init__(data, initial={**initial, **more.pop("initial", {})}, **more)
        for name, label in rules.THRESHOLDS.items():
            least, most = clinic_rules.LIMITS[name]
            usual = getattr(Thresholds(), name)
            self.fields[name] = WholeField(
                least,
                most,
                label=label,
                help_text=_("%(least)s to %(most)s; usually %(usual)s")
                % {"least": least, "most": most, "usual": usual},
            )

    def numbers(self) -> dict[str, int]:
        """The numbers typed, once the form is valid."""
        return {name: self.cleaned_data[name] for name in clinic_rules.LIMITS}

    def ask_cadence(self) -> None:
        """Add the fields of the cadence."""
        self.fields["every_weeks"] = WholeField(
            *clinic_rules.EVERY_WEEKS,
            label=rules.where_words("every_weeks"),
            help_text=_("1 to 4; usually 1"),
        )
        self.fields["after_cut_days"] = WholeField(
            *clinic_rules.AFTER_CUT_DAYS,
            label=rules.where_words("after_cut_days"),
            help_text=_("3 to 7; 0 for none"),
        )

    def cadence(self) -> dict[str, int]:
        """The cadence, once the form is valid."""
        return {name: self.cleaned_data[name] for name in ("every_weeks", "after_cut_days")}

    def refuse_rules(self, refusal: BadRules) -> None:
        """Show a refusal of the domain beside its field."""
        where = refusal.where if refusal.where in self.fields else None
        self.add_error(where, rules.refusal_words(refusal))
