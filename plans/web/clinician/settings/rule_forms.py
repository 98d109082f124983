"""The forms of thresholds and cadence: whole numbers within the limits of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from plans.domain.checkins import clinic_rules, instrument_file
from plans.domain.checkins.clinic_rules import BadRules, Cadence
from plans.domain.checkins.flagging import Thresholds
from plans.domain.checkins.instrument import said
from plans.domain.checkins.occasions import MAINTENANCE_WEEKS, USUAL_LADDER, Ladder
from plans.web.forms import EdgeForm
from plans.wording import rules


class WholeField(forms.IntegerField):
    """A whole number within limits, refused in one sentence."""

    def __init__(self, least: int, most: int, **more: Any) -> None:
        super().__init__(**more)
        self.least, self.most = least, most
        self.sentence = rules.refusal_words(BadRules(where="", why="out_of_range", least=least, most=most))
        self.error_messages.update({"required": self.sentence, "invalid": self.sentence})
        self.widget.attrs.update({"class": "input num", "inputmode": "numeric"})

    def validate(self, value: Any) -> None:
        """Refuse what is missing or outside the limits."""
        super().validate(value)
        if not self.least <= value <= self.most:
            raise forms.ValidationError(self.sentence, code="out_of_range")


class ThresholdsForm(EdgeForm):
    """Every number a rule compares with."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, now: Thresholds, **more: Any) -> None:
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
        """Add how often is asked."""
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
        """How often is asked, once the form is valid."""
        return {name: self.cleaned_data[name] for name in ("every_weeks", "after_cut_days")}

    def refuse_rules(self, refusal: BadRules) -> None:
        """Put a refusal of the domain beside its field."""
        where = refusal.where if refusal.where in self.fields else None
        self.add_error(where, rules.refusal_words(refusal))


class PatientRulesForm(ThresholdsForm):
    """Thresholds and cadence of one patient."""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        now: Thresholds,
        cadence: Cadence,
        own: Mapping[str, int],
    ) -> None:
        usual = {"every_weeks": cadence.every_weeks, "after_cut_days": cadence.after_cut_days}
        super().__init__(data, now=now, initial={**usual, **own})
        self.ask_cadence()


class RulesForm(ThresholdsForm):
    """Thresholds, cadence and the own items left out."""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        now: Thresholds,
        cadence: Cadence,
        **more: Any,
    ) -> None:
        start = {
            "every_weeks": cadence.every_weeks,
            "after_cut_days": cadence.after_cut_days,
            "maintenance_weeks": cadence.maintenance_weeks,
            "items_off": list(cadence.items_off),
            **asdict(cadence.ladder),
        }
        super().__init__(data, now=now, initial=start, **more)
        self.ask_cadence()
        least, most = clinic_rules.EVERY_WEEKS_STAYING
        self.fields["maintenance_weeks"] = WholeField(
            least,
            most,
            label=rules.where_words("maintenance_weeks"),
            help_text=_("%(least)s to %(most)s; usually %(usual)s")
            % {"least": least, "most": most, "usual": MAINTENANCE_WEEKS},
        )
        for name, limits in (
            ("reminders", clinic_rules.REMINDERS),
            ("apart_days", clinic_rules.APART_DAYS),
            ("closes_days", clinic_rules.CLOSES_DAYS),
        ):
            least, most = limits
            self.fields[name] = WholeField(
                least,
                most,
                label=rules.where_words(name),
                help_text=_("%(least)s to %(most)s; usually %(usual)s")
                % {"least": least, "most": most, "usual": getattr(USUAL_LADDER, name)},
            )
        language = (get_language() or "en").split("-")[0]
        items = instrument_file.newest("symptoms").items
        self.fields["items_off"] = forms.MultipleChoiceField(
            label=rules.where_words("items_off"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=[(code, said(items[code].texts, language)) for code in clinic_rules.optional_items()],
            help_text=_("Ticked ones are not asked. Items that an urgent rule rests on are always asked."),
        )

    def ladder(self) -> Ladder:
        """The letters of a check-in as typed, once the form is valid."""
        return Ladder(*(self.cleaned_data[name] for name in ("reminders", "apart_days", "closes_days")))

    @property
    def threshold_fields(self) -> list[forms.BoundField]:
        """The fields of numbers."""
        return [self[name] for name in rules.THRESHOLDS]
