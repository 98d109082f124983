"""The calendars that the rota is read from: their address, how reading goes, and whom their events mean."""

from __future__ import annotations

from hashlib import sha256

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain.errors import Refused
from plans.domain.review.rota import DutyPlace
from plans.domain.review.rota_feed import NOT_A_SHIFT
from plans.services import accounts, rota_feed
from plans.services.actors import May
from plans.services.rota_feed import FeedRow
from plans.web.clinician.settings.rota import people
from plans.web.forms import EdgeForm, single
from plans.web.gate import StaffRequest, confirmed, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context
from plans.wording.rota import PLACES, PROBLEMS, REFUSALS, refusal_words, rota_moment

_NO_SHIFT = "no_shift"
"""Chosen on the page for events that are no shift: an empty choice there leaves the name unmatched."""


class FeedForm(EdgeForm):
    """A calendar's address, and for which place it holds."""

    place = forms.ChoiceField(
        label=gettext_lazy("Its events say who is alerted"),
        choices=[(one.value, words) for one, words in PLACES.items()],
        widget=forms.RadioSelect,
        initial="first",
    )
    address = forms.CharField(
        label=gettext_lazy("Address of the calendar"),
        help_text=gettext_lazy(
            "An https:// address of an iCalendar file (.ics), such as Outlook and Google publish"
        ),
        max_length=rota_feed.ADDRESS_MOST,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
@confirmed
def feeds_page(request: StaffRequest) -> HttpResponse:
    """Both places' calendars; a post sets an address, stops reading one, or matches names."""
    form = FeedForm()
    if request.method == "POST":
        do = single(request.POST, "do")
        form = FeedForm(request.POST)
        if do == "address":
            if form.is_valid() and _set(request, form):
                return redirect("rota-feeds")
        elif do in ("end", "match") and (feed := _posted(request)) is not None:
            if _do(request, do, feed):
                return redirect("rota-feeds")
        else:
            form.is_valid()
            form.add_error(
                None, _("This calendar is not read any more, or no button was pressed. Look again.")
            )
    return _show(request, form, 422 if request.method == "POST" else 200)


def _set(request: StaffRequest, form: FeedForm) -> bool:
    chosen = form.cleaned_data
    try:
        rota_feed.set_address(
            by=request.actor, place=DutyPlace(chosen["place"]), address=chosen["address"].strip()
        )
    except Refused as refusal:
        form.refuse(refusal, REFUSALS[str(refusal.facts["reason"])])
        return False
    say(
        request,
        _("The calendar is read within a minute, and every ten minutes from then on"),
        _("Come back then and see whether every name was matched."),
    )
    return True


def _posted(request: StaffRequest) -> FeedRow | None:
    key = single(request.POST, "feed")
    return next((one for one in rota_feed.feeds(request.actor) if str(one.id) == key), None)


def _do(request: StaffRequest, do: str, feed: FeedRow) -> bool:
    if do == "end":
        rota_feed.end(by=request.actor, feed_id=feed.id)
        say(request, _("The calendar is not read any more"), _("Its shifts to come were cancelled."))
        return True
    names = dict.fromkeys((*(one.key for one in feed.unmatched), *feed.chosen))
    picked = {key: single(request.POST, _field(key)) for key in names}
    chosen = {key: NOT_A_SHIFT if one == _NO_SHIFT else one for key, one in picked.items() if one}
    try:
        rota_feed.choose(by=request.actor, feed_id=feed.id, chosen=chosen)
    except Refused as refusal:
        say(request, _("Nothing was saved"), refusal_words(str(refusal.facts["reason"])), kind="think")
        return True
    say(request, _("The names are matched"), _("The calendar is read again within a minute."))
    return True


def _field(key: str) -> str:
    """The field of a name: the calendar may be read again, with other names, while the page is open."""
    return f"name-{sha256(key.encode()).hexdigest()[:16]}"


def _show(request: StaffRequest, form: FeedForm, status: int = 200) -> HttpResponse:
    actor = request.actor
    zone, able = accounts.clinic_card(actor).zone, people(actor)
    context: Context = {
        "place": "settings",
        "form": form,
        "feeds": [_line(one, zone) for one in rota_feed.feeds(actor)],
        "choices": [("", _("nobody yet")), *able.items(), (_NO_SHIFT, _("no shift: leave it out"))],
    }
    return page(request, "clinic/rota_feeds.html", context, status=status)


def _line(feed: FeedRow, zone: str) -> Context:
    fresh = {one.key: one for one in feed.unmatched}
    names = []
    for key in dict.fromkeys([*fresh, *feed.chosen]):
        found = fresh.get(key)
        chosen = feed.chosen.get(key)
        names.append(
            {
                "field": _field(key),
                "name": found.name if found else key,
                "next": rota_moment(found.start, zone) if found else "",
                "chosen": _NO_SHIFT if chosen == NOT_A_SHIFT else (chosen or ""),
                "unmatched": found is not None,
            }
        )
    return {
        "row": feed,
        "duty": PLACES[feed.place],
        "problem": PROBLEMS[feed.problem] if feed.problem else "",
        "good": rota_moment(feed.good_at, zone) if feed.good_at else "",
        "read": rota_moment(feed.read_at, zone) if feed.read_at else "",
        "names": names,
    }
