"""The clinic's flag rules: thresholds and their signature, a trial of others on past answers, alert load."""

from __future__ import annotations

from dataclasses import asdict

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans.domain.checkins import clinic_rules, instrument_file
from plans.domain.checkins.clinic_rules import BadRules, Cadence
from plans.domain.checkins.flagging import FlagPriority, Thresholds
from plans.domain.checkins.flags import SPECS
from plans.domain.checkins.instrument import said
from plans.domain.checkins.instrument_file import translations
from plans.domain.checkins.occasions import MAINTENANCE_WEEKS, USUAL_LADDER, Ladder
from plans.domain.errors import Stale
from plans.domain.which import which
from plans.services.actors import May
from plans.services.checkins import alert_load, rules
from plans.services.checkins.alert_load import DryRun
from plans.web.clinician.threshold_forms import ThresholdsForm, WholeField
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Options, Posted
from plans.wording.checkins import translation_text
from plans.wording.flags import flag_title
from plans.wording.people import LANGUAGES
from plans.wording.rules import THRESHOLDS, where_words


class RulesForm(ThresholdsForm):
    """Thresholds, cadence, and symptoms that are not asked."""

    def __init__(
        self,
        data: Posted | None = None,
        *,
        now: Thresholds,
        cadence: Cadence,
        **more: Options,
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
            label=where_words("maintenance_weeks"),
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
                label=where_words(name),
                help_text=_("%(least)s to %(most)s; usually %(usual)s")
                % {"least": least, "most": most, "usual": getattr(USUAL_LADDER, name)},
            )
        language = (get_language() or "en").split("-")[0]
        items = instrument_file.newest("symptoms").items
        self.fields["items_off"] = forms.MultipleChoiceField(
            label=where_words("items_off"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=[(code, said(items[code].texts, language)) for code in clinic_rules.optional_items()],
            help_text=_("Ticked ones are not asked. Items that an urgent rule needs are always asked."),
        )

    def ladder(self) -> Ladder:
        """The reminders of a check-in as typed, once the form is valid."""
        return Ladder(*(self.cleaned_data[name] for name in ("reminders", "apart_days", "closes_days")))

    @property
    def threshold_fields(self) -> list[forms.BoundField]:
        """The fields of numbers."""
        return [self[name] for name in THRESHOLDS]


def _form(request: StaffRequest, *, posted: bool) -> RulesForm:
    now = rules.in_force(request.actor)
    return RulesForm(request.POST if posted else None, now=now.thresholds, cadence=now.cadence)


def _show(
    request: StaffRequest, form: RulesForm, *, trial: DryRun | None = None, status: int = 200
) -> HttpResponse:
    standing, load = rules.in_force(request.actor), alert_load.load(request.actor)
    loads = {one.rule: one for one in load.rules}
    context = {
        "place": "settings",
        "form": form,
        "standing": standing,
        "load": load,
        "lines": [
            (code, version, which(FlagPriority, SPECS[code].priority), flag_title(code), loads.get(code))
            for code, version in standing.rules.items()
        ],
        "look_at": [(one, flag_title(one.rule)) for one in load.to_look_at],
        "budget": alert_load.BUDGET,
        "weeks": alert_load.WEEKS,
        "enough": alert_load.ENOUGH,
        "translations": [
            (LANGUAGES.get(language, language), translation_text(one))
            for language, one in translations().items()
        ],
        "trial": trial,
        "trial_items": (trial.a_week(trial.items_now), trial.a_week(trial.items_then)) if trial else None,
        "trial_lines": [
            (one.rule, flag_title(one.rule), trial.a_week(one.now), trial.a_week(one.then))
            for one in trial.rules
        ]
        if trial
        else [],
    }
    return page(request, "clinic/rules.html", context, status=status)


@require_safe
@staff_page(May.LOOK)
def rules_page(request: StaffRequest) -> HttpResponse:
    """Rules, thresholds, signature and alert load; the lead can change, try and sign."""
    return _show(request, _form(request, posted=False))


@require_POST
@staff_page(May.MANAGE)
def rules_try(request: StaffRequest) -> HttpResponse:
    """Try other thresholds on past answers; nothing is saved."""
    form = _form(request, posted=True)
    if form.is_valid():
        try:
            return _show(request, form, trial=alert_load.dry_run(request.actor, form.numbers()))
        except BadRules as refusal:
            form.refuse_rules(refusal)
    return _show(request, form, status=422)


@require_POST
@staff_page(May.MANAGE)
def rules_save(request: StaffRequest) -> HttpResponse:
    """Put new thresholds, another cadence or other items in force."""
    form = _form(request, posted=True)
    if form.is_valid():
        try:
            rules.set_rules(
                by=request.actor,
                thresholds=form.numbers(),
                **form.cadence(),
                items_off=form.cleaned_data["items_off"],
                ladder=form.ladder(),
                maintenance_weeks=form.cleaned_data["maintenance_weeks"],
            )
        except BadRules as refusal:
            form.refuse_rules(refusal)
        else:
            say(request, _("Saved"), _("In force from the next check-in on. A change has to be signed."))
            return redirect("rules")
    return _show(request, form, status=422)


@require_POST
@staff_page(May.MANAGE)
def rules_sign(request: StaffRequest) -> HttpResponse:
    """Sign the rules as shown on the page."""
    try:
        number = rules.sign(by=request.actor, seen_digest=request.POST.get("digest", ""))
    except Stale:
        say(
            request,
            _("Not signed"),
            _("The rules changed meanwhile. Read them again, then sign."),
            kind="think",
        )
    else:
        say(request, _("Signed as number %(number)s") % {"number": number})
    return redirect("rules")
