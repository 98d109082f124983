"""Handing over to whoever comes on duty."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain import text
from plans.domain.errors import Refused
from plans.services import accounts, hand_overs
from plans.services.actors import May
from plans.services.hand_overs import HandOverRow
from plans.web.clinician.settings.rota import people
from plans.web.forms import EdgeForm, ParsedField, choices
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context, Options, Posted
from plans.wording.review import SEVERITIES, STATES, source_words
from plans.wording.rota import REFUSALS, rota_moment

_SHOWN: Final = 50
"""Items of a hand-over that the page lists."""


class HandOverNoteForm(EdgeForm):
    """To whom, and a note."""

    to = forms.ChoiceField(label=gettext_lazy("To"), required=False)
    note = ParsedField(
        lambda raw: text.clean_text(raw, most=hand_overs.NOTE_MOST),
        required=False,
        label=gettext_lazy("What they must know"),
        help_text=gettext_lazy("Whom you are waiting for, what you agreed, what may come"),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, others: dict[str, str], data: Posted | None = None, **more: Options) -> None:
        super().__init__(data, **more)
        self.fields["to"].choices = choices(others, gettext_lazy("Whoever comes on duty"))  # type: ignore[attr-defined]  # a ChoiceField


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.REVIEW)
def hand_over_page(request: StaffRequest) -> HttpResponse:
    """Write a hand-over, and read the earlier ones."""
    actor = request.actor
    others = {key: name for key, name in people(actor).items() if key != str(actor.user_id)}
    form = HandOverNoteForm(others, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["to"]
        try:
            hand_overs.write(by=actor, note=form.cleaned_data["note"], to_id=UUID(to) if to else None)
        except Refused as refusal:
            form.refuse(refusal, REFUSALS[str(refusal.facts["reason"])])
        else:
            say(
                request,
                _("Handed over"),
                _("The note and the open items stand in the queue of whoever is on duty, for 24 hours."),
            )
            return redirect("rota-hand-over")
    zone = accounts.clinic_card(actor).zone
    pages = hand_overs.written(actor, key=request.GET.get("after"))
    context: Context = {
        "place": "settings",
        "form": form,
        "pages": pages,
        "query": "",
        "rows": [(one, rota_moment(one.at, zone), _items(one)) for one in pages.rows],
        "shown": _SHOWN,
    }
    return page(
        request, "clinic/rota_hand_over.html", context, status=422 if request.method == "POST" else 200
    )


def _items(row: HandOverRow) -> list[Context]:
    return [
        {
            "item": one,
            "priority": SEVERITIES[one.priority],
            "state": STATES[one.state],
            "why": source_words(one.source, one.facts),
        }
        for one in row.items[:_SHOWN]
    ]
