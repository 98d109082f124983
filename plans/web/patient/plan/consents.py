"""The patient sees what they agreed to, agrees, and takes it back."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.domain.errors import Refused
from plans.domain.link_policy import LinkAct
from plans.domain.rights.consents import CONSENTS, ConsentPurpose
from plans.services import consent_acts, consents, patient_pages
from plans.services.consents import ConsentState
from plans.services.links import LinkView
from plans.web.forms import single
from plans.web.gate import patient_page
from plans.web.patient import link_session
from plans.web.patient.plan.second_fact import needs_fact
from plans.wording.consents import WORDS


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """One purpose in words."""

    purpose: str
    name: str
    text: str
    yes: str
    no: str
    given: bool
    asks_again: bool
    on_page: bool


def _line(one: ConsentState) -> AgreementLine:
    words = WORDS[one.purpose]
    return AgreementLine(
        one.purpose.value,
        str(words.name),
        str(words.texts[CONSENTS[one.purpose].version]),
        str(words.yes),
        str(words.no),
        one.given,
        one.asks_again,
        one.on_page,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@patient_page(LinkAct.CONSENT)
@needs_fact(LinkAct.CONSENT)
def consents_page(request: HttpRequest, link: LinkView) -> HttpResponse:
    """What the patient agrees to."""
    device = link_session.device(request)
    problem = ""
    if request.method == "POST":
        purpose = next((one for one in ConsentPurpose if one.value == single(request.POST, "id")), None)
        say = single(request.POST, "act")
        if purpose is None or say not in ("yes", "no"):
            problem = _("Press one of the buttons below.")
        else:
            try:
                consent_acts.say(link, purpose=purpose, given=say == "yes", device=device)
            except Refused as refusal:
                if refusal.facts.get("reason") != "nothing_changed":
                    problem = _("Your clinic needs your signature for this. Ask us.")
        if not problem:
            return HttpResponseRedirect(f"{reverse('plan-page-consents')}?done")
    context = {
        "holder": patient_pages.link_holder(link),
        "lines": [_line(one) for one in consents.of_link(link, device=device).states],
        "problem": problem,
        "done": _("Saved.") if "done" in request.GET else "",
    }
    return render(request, "patient/consents.html", context, status=422 if problem else 200)
