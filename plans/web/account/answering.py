"""The page behind the link of an alert or a test: one button that says it arrived. Nobody signs in for it.

It names no clinic, no item and no person: whoever finds the phone learns that there was an alert. Opening it changes
nothing, so that mail scanners may; the button posts.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from plans.domain.reaching import CodePurpose
from plans.services.review import acknowledging
from plans.web.gate import public_page
from plans.wording.reaching import answer_words


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@public_page
def answer_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button, or take it."""
    found = acknowledging.state_of_link(token)
    if found is None:
        raise Http404
    purpose, answer = found
    if request.method == "POST":
        answer = acknowledging.by_link(token)
    context = {"test": purpose is CodePurpose.TEST, "answer": answer_words(answer.value) if answer else ""}
    return render(request, "account/answer.html", context)
