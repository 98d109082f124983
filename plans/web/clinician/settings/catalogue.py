"""The drug catalogue: what it says of each drug, reviewed by a pharmacist and signed by the lead."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from plans.domain import text
from plans.domain.errors import Stale
from plans.domain.taper import catalogue
from plans.domain.taper.catalogue_table import known, missing, review_digest, tally
from plans.services import catalogue_reviews
from plans.services.actors import May
from plans.web.forms import EdgeForm, ParsedField
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.wording.catalogue import line_words, missing_words, review_words, value_words
from plans.wording.drugs import drug_words
from plans.wording.methods import mark_words

_NAME_MOST: Final = 120


class ReviewForm(EdgeForm):
    """Who reviewed it."""

    reviewer = ParsedField(
        lambda raw: text.clean_line(raw, most=_NAME_MOST),
        label=gettext_lazy("Reviewed by"),
        help_text=gettext_lazy("Name and profession, as they are shown on plans"),
    )


@require_safe
@staff_page(May.LOOK)
def catalogue_page(request: StaffRequest) -> HttpResponse:
    """Every drug: how well it is sourced, and who reviewed it."""
    reviews = catalogue_reviews.of_clinic(request.actor, catalogue.names())
    rows = [
        (
            drug.name,
            drug_words(drug.name, clinician=True),
            tally(known(drug)).values(),
            len(missing(drug)),
            review_words(reviews[drug.name]),
        )
        for drug in catalogue.drugs()
    ]
    return page(request, "clinic/catalogue.html", {"place": "settings", "rows": rows})


@require_safe
@staff_page(May.LOOK)
def catalogue_drug(request: StaffRequest, name: str) -> HttpResponse:
    """One drug, number by number."""
    return _show(request, name, ReviewForm())


@require_POST
@staff_page(May.MANAGE)
def catalogue_sign(request: StaffRequest, name: str) -> HttpResponse:
    """Sign that somebody reviewed the numbers that were shown."""
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _show(request, name, form, 422)
    who, seen = form.cleaned_data["reviewer"], request.POST.get("seen", "")
    try:
        catalogue_reviews.sign(by=request.actor, drug=name, seen=seen, reviewer=who)
    except Stale:
        form.add_error(
            None, _("The numbers changed since this page was opened. Read them below, then sign again.")
        )
        return _show(request, name, form, 409)
    say(request, _("Review signed"), _("Plans with this drug say so from now on."))
    return redirect("catalogue")


def _show(request: StaffRequest, name: str, form: ReviewForm, status: int = 200) -> HttpResponse:
    drug = catalogue.drug(name)
    review = catalogue_reviews.of_clinic(request.actor, [name])[name]
    context = {
        "place": "settings",
        "form": form,
        "name": name,
        "drug": drug_words(name, clinician=True),
        "digest": review_digest(name),
        "reviewed": review is not None,
        "review": review_words(review),
        "lines": [
            (line_words(line), line.country, value_words(line), mark_words(line.mark), line.source)
            for line in known(drug)
        ],
        "missing": [missing_words(gap) for gap in missing(drug)],
    }
    return page(request, "clinic/catalogue_drug.html", context, status=status)
