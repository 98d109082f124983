"""The caseload: every patient of the clinic, by part, search and page."""

from __future__ import annotations

from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from plans.domain.which import which
from plans.services import clock
from plans.services.accounts import clinic_card
from plans.services.actors import May
from plans.services.caseload import CaseloadShow, caseload, drugs_of, show_counts
from plans.services.caseload_order import Sort
from plans.services.paging import COUNTED
from plans.web.clinician import patient_search
from plans.web.clinician.caseload.lines import case_line, missed_words
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page
from plans.wording.drugs import drug_words

SHOWS: dict[CaseloadShow, Promise] = {
    CaseloadShow.ALL: _("All"),
    CaseloadShow.MINE: _("Mine"),
    CaseloadShow.ATTENTION: _("Needs attention"),
    CaseloadShow.PHONE: _("To phone"),
    CaseloadShow.WEEK: _("Next change this week"),
    CaseloadShow.HELD: _("Held"),
    CaseloadShow.MAINTENANCE: _("Maintenance"),
    CaseloadShow.FOLLOW_UP: _("Follow-up"),
    CaseloadShow.DRAFT: _("Drafts"),
    CaseloadShow.NO_PLAN: _("No plan"),
    CaseloadShow.NO_OWNER: _("No owner"),
    CaseloadShow.GONE: _("No longer in care"),
}


def counted(number: int) -> str:
    """A count as text, with "+" where counting stopped."""
    return f"{COUNTED}+" if number > COUNTED else str(number)


@require_safe
@staff_page(May.LOOK)
def caseload_page(request: StaffRequest) -> HttpResponse:
    """Every patient of the clinic, by part, search and page."""
    actor = request.actor
    word, q = patient_search.read(request)
    show = request.GET.get("show", "all")
    drugs = drugs_of(actor)
    drug = request.GET.get("drug", "")
    drug = drug if drug in drugs else ""
    sort = request.GET.get("sort", "")
    sort = sort if sort in {one.value for one in Sort} else Sort.FLAG.value
    pages = caseload(actor, q=q, show=show, drug=drug, sort=sort, key=request.GET.get("after"))
    today = clock.now().astimezone(ZoneInfo(clinic_card(actor).zone)).date()
    counts = show_counts(actor)
    tabs = [
        (code.value, label, counted(counts[code.value]), code.value == show) for code, label in SHOWS.items()
    ]
    if not any(chosen for *_rest, chosen in tabs):
        show, tabs = "all", [(code, label, n, code == "all") for code, label, n, _chosen in tabs]
    chosen = {
        "find": word,
        "show": "" if show == "all" else show,
        "drug": drug,
        "sort": "" if sort == "flag" else sort,
    }

    def query(*but: str) -> str:
        kept = urlencode({name: value for name, value in chosen.items() if value and name not in but})
        return f"{kept}&" if kept else ""

    context = {
        "place": "caseload",
        "q": q,
        "find": word,
        "show": show,
        "tabs": tabs,
        "pages": pages,
        "query": query(),
        "but_show": query("show"),
        "but_sort": query("sort"),
        "drug": drug,
        "drugs": [(code, drug_words(code, clinician=True)) for code in drugs],
        "sort": sort,
        "sort_is": which(Sort, sort),
        "lines": [(case_line(row, today), missed_words(row.missed)) for row in pages.rows],
        "all_patients": counted(counts["all"]),
        "nobody": not counts["all"] and not counts[CaseloadShow.GONE.value],
    }
    return page(request, "clinic/caseload.html", context)
