"""With what new plans begin: method, pace, spread, fills, and the review of a dose that stays."""

from __future__ import annotations

from functools import partial

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain import text
from plans.domain.errors import Stale, TaperError
from plans.domain.taper.drug import Spread
from plans.domain.taper.equivalence import TABLES
from plans.domain.taper.plan_defaults import METHODS, MOST_REVIEW_WEEKS, PlanDefaults
from plans.domain.taper.supply import FILL_DAYS
from plans.domain.taper.tablets import MOST_PIECES
from plans.services import plan_defaults
from plans.services.actors import May
from plans.services.plans import templates
from plans.web.forms import EdgeForm, ParsedField
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context, Options, Posted
from plans.wording.plans import days_count, problem
from plans.wording.taper import method_words, spread_words, table_words


def _whole(least: int, most: int, **more: Options) -> ParsedField:
    return ParsedField(
        partial(text.clean_whole, least=least, most=most),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "input num", "autocomplete": "off"}),
        **more,
    )


class DefaultsForm(EdgeForm):
    """The defaults. `defaults()` after `is_valid()`."""

    method = forms.ChoiceField(label=gettext_lazy("Method"))
    percent = forms.CharField(
        label=gettext_lazy("Each cut"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "input num", "autocomplete": "off"}),
    )
    interval_days = _whole(1, 366, label=gettext_lazy("A cut every"))
    lengthen_days = _whole(
        0,
        366,
        label=gettext_lazy("Each step longer than the one before by"),
        help_text=gettext_lazy("0: a cut comes as often at the end as at first."),
    )
    spread = forms.ChoiceField(label=gettext_lazy("Over the day"), required=False)
    equivalence = forms.ChoiceField(label=gettext_lazy("Equivalents"))
    max_pieces = _whole(1, MOST_PIECES, label=gettext_lazy("Most tablets or halves per dose"))
    dispense_days = forms.TypedChoiceField(label=gettext_lazy("Dispense"), coerce=int)
    instalment_days = forms.TypedChoiceField(label=gettext_lazy("Handed out"), coerce=int)
    review_weeks = _whole(
        1,
        MOST_REVIEW_WEEKS,
        label=gettext_lazy("A dose that stays is reviewed after"),
        help_text=gettext_lazy("The date can be changed in each plan."),
    )

    def __init__(self, data: Posted | None = None, **more: Options) -> None:
        super().__init__(data, **more)
        fills = [(str(n), days_count(n)) for n in FILL_DAYS]
        choices: dict[str, list[tuple[str, str]]] = {
            "method": [(name, method_words(name)) for name in METHODS],
            "spread": [
                ("", _("As is usual for the drug")),
                *((one.value, spread_words(one)) for one in Spread),
            ],
            "equivalence": [(name, table_words(name)) for name in TABLES],
            "dispense_days": fills,
            "instalment_days": [("0", _("The whole fill at once")), *fills[:-1]],
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]  # declared above with choices

    def defaults(self) -> PlanDefaults | None:
        """The defaults as typed; None, with the refusal beside its field, if the engine refuses one."""
        try:
            return PlanDefaults.from_json(dict(self.cleaned_data))
        except TaperError as refusal:
            self.add_error(refusal.where if refusal.where in self.fields else None, problem(refusal))
            return None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def defaults_page(request: StaffRequest) -> HttpResponse:
    """Show and change the defaults, without overwriting what somebody else saved meanwhile."""
    standing = plan_defaults.plan_defaults(request.actor)
    if request.method != "POST":
        return _show(request, DefaultsForm(initial=standing.to_json()), standing.digest)
    form = DefaultsForm(request.POST)
    seen = request.POST.get("seen", "")[:64]
    made = form.defaults() if form.is_valid() else None
    if made is None:
        return _show(request, form, seen, status=422)
    try:
        changed = plan_defaults.set_defaults(by=request.actor, seen_digest=seen, defaults=made)
    except Stale as stale:
        more = {"stale": True, "who": stale.facts.get("who", "")}
        return _show(request, form, standing.digest, more, status=409)
    said = _("New plans begin from them. Plans and drafts that were begun stay as they are.")
    say(
        request,
        _("The defaults were saved") if changed else _("Nothing was changed"),
        said if changed else "",
    )
    return redirect("settings-defaults")


def _show(
    request: StaffRequest, form: DefaultsForm, seen: str, more: Context | None = None, status: int = 200
) -> HttpResponse:
    usual = templates.usual(request.actor)
    context: Context = {
        "place": "settings",
        "form": form,
        "seen": seen,
        "usual": usual.name if usual is not None else "",
        **(more or {}),
    }
    return page(request, "clinic/settings_defaults.html", context, status=status)
