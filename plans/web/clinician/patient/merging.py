"""Merging another record into a patient's: chosen, looked at, done, and undone."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain import text
from plans.domain.errors import NotFound, Refused
from plans.services import merging, people
from plans.services.actors import May
from plans.services.merging import Picture
from plans.web.clinician import patient_search
from plans.web.forms import EdgeForm, ParsedField, single
from plans.web.gate import StaffRequest, confirmed, staff_page
from plans.web.layout_context import page, say
from plans.wording.audit import field_words
from plans.wording.merging import COUNTS, REFUSALS, merge_refusal


class MergeForm(EdgeForm):
    """The other record's number, and why."""

    other = ParsedField(
        lambda raw: text.clean_line(raw, most=40),
        label=gettext_lazy("Record number of the other record"),
        help_text=gettext_lazy("This record stays; the other one’s plans, answers and links come here."),
    )
    reason = ParsedField(
        lambda raw: text.clean_line(raw, most=300, required=False),
        required=False,
        label=gettext_lazy("Why they are one person"),
    )
    ends = forms.ChoiceField(label=gettext_lazy("Which plan ends"), required=False)

    def fit(self, seen: Picture) -> None:
        """Offer the choice of a plan where both have one."""
        self.fields["ends"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", _("Choose")),
            (str(seen.other.live_plan), _("The plan of %(no)s ends") % {"no": seen.other.record_no}),
            (str(seen.keep.live_plan), _("The plan of %(no)s ends") % {"no": seen.keep.record_no}),
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
@confirmed
def patient_merge(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The page of all of it."""
    do = single(request.POST, "do") if request.method == "POST" else ""
    if do == "undo":
        return _undo(request, patient_id)
    form = MergeForm(request.POST if request.method == "POST" else None)
    seen: Picture | None = None
    if form.is_bound:
        raw = patient_search.clean(single(request.POST, "other"))
        try:
            other = people.by_record_no(request.actor, raw)
            seen = merging.picture(request.actor, patient_id, other)
            form.fit(seen)
            if form.is_valid() and do == "merge":
                return _merge(request, seen, form)
        except NotFound:
            form.add_error("other", str(REFUSALS["not_found"]))
        except Refused as refusal:
            form.refuse(refusal, merge_refusal(refusal))
    looked = seen is not None and do == "look" and not form.errors
    context = {
        "place": "caseload",
        "patient": people.patient_card(request.actor, patient_id),
        "form": form,
        "seen": seen,
        "counts": [(words, seen.other.counts[name]) for name, words in COUNTS.items()] if seen else [],
        "differs": [field_words(name) for name in seen.differs] if seen else [],
        "against": [REFUSALS[one] for one in seen.against] if seen else [],
        "merges": merging.of_patient(request.actor, patient_id),
    }
    status = 200 if request.method != "POST" or looked else 422
    return page(request, "clinic/patient_merge.html", context, status=status)


def _merge(request: StaffRequest, seen: Picture, form: MergeForm) -> HttpResponse:
    ends = form.cleaned_data["ends"]
    merging.merge(
        by=request.actor,
        keep_id=seen.keep.id,
        other_id=seen.other.id,
        shown=single(request.POST, "shown"),
        reason=form.cleaned_data["reason"],
        ends=UUID(ends) if ends else None,
    )
    say(
        request,
        _("%(name)s has both records now") % {"name": seen.keep.name},
        _("It can be undone for 30 days, on this record under Merge."),
    )
    return redirect("patient", seen.keep.id)


def _undo(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    try:
        key = UUID(single(request.POST, "id"))
    except ValueError as bad:
        raise NotFound(what="merge") from bad
    try:
        merging.undo(by=request.actor, merge_id=key)
    except Refused as refusal:
        say(request, merge_refusal(refusal), kind="think")
    else:
        say(request, _("The two records are apart again. Look through both."))
    return redirect("patient-merge", patient_id)
