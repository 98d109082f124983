"""The caseload: every patient of the clinic, by part, search and page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from plans.domain.taper import catalogue
from plans.domain.which import which
from plans.services.actors import May
from plans.services.caseload import CaseloadShow, Sort, caseload_view
from plans.web.clinician import patient_search
from plans.web.clinician.caseload.lines import case_line, missed_words
from plans.web.gate import StaffRequest, list_page, staff_page
from plans.web.layout_context import page
from plans.wording.drugs import drug_words

SHOWS: dict[CaseloadShow, Promise] = {
    CaseloadShow.ALL: _("All"),
    CaseloadShow.MINE: _("Mine"),
    CaseloadShow.ATTENTION: _("Needs attention"),
    CaseloadShow.PHONE: _("To phone"),
    CaseloadShow.WEEK: _("Due this week"),
    CaseloadShow.HELD: _("Held"),
    CaseloadShow.MAINTENANCE: _("Maintenance"),
    CaseloadShow.FOLLOW_UP: _("Follow-up"),
    CaseloadShow.DRAFT: _("Drafts"),
    CaseloadShow.NO_PLAN: _("No plan"),
    CaseloadShow.NO_OWNER: _("No owner"),
    CaseloadShow.GONE: _("No longer in care"),
}


def _offered(drugs: tuple[str, ...], chosen: str) -> tuple[str, ...]:
    """The drugs to choose from: the chosen one stays where nobody takes it any more."""
    return tuple(sorted({*drugs, chosen} - {""}))


@require_safe
@staff_page(May.LOOK)
@list_page
def caseload_page(request: StaffRequest) -> HttpResponse:
    """Every patient of the clinic, by part, search and page."""
    actor = request.actor
    word, q = patient_search.read(request)
    show = request.GET.get("show", "all")
    drug = request.GET.get("drug", "")
    sort = request.GET.get("sort", "")
    sort = sort if sort in {one.value for one in Sort} else Sort.FLAG.value
    drug = drug if drug in catalogue.names() else ""
    view = caseload_view(actor, q=q, show=show, drug=drug, sort=sort, key=request.GET.get("after"))
    counts = view.counts
    tabs = [(code.value, label, counts[code], code.value == show) for code, label in SHOWS.items()]
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
        "pages": view.page,
        "behind": view.behind,
        "query": query(),
        "but_show": query("show"),
        "but_sort": query("sort"),
        "drug": drug,
        "drugs": [(code, drug_words(code, clinician=True)) for code in _offered(view.drugs, drug)],
        "sort": sort,
        "sort_is": which(Sort, sort),
        "lines": [(case_line(row), missed_words(row.missed)) for row in view.page.rows],
        "all_patients": counts["all"],
        "nobody": not counts["all"] and not counts[CaseloadShow.GONE.value],
    }
    return page(request, "clinic/caseload.html", context)
