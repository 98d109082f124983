"""The message log: what was sent, what was not, and the decision where that is unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans.domain.errors import Refused, Stale
from plans.domain.which import which
from plans.services import message_log
from plans.services.actors import May
from plans.services.message_log import MessageRow
from plans.web.clinician import patient_search
from plans.web.gate import StaffRequest, list_page, staff_page
from plans.web.layout_context import page, say
from plans.wording import messages


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A row with its words."""

    row: MessageRow
    kind: str
    state: str
    why: str


@require_safe
@staff_page(May.LOOK)
@list_page
def messages_page(request: StaffRequest) -> HttpResponse:
    """Every message, alert and document of the clinic, newest first."""
    word, q = patient_search.read(request)
    show = request.GET.get("show", "all")
    show = show if show in messages.SHOWS else "all"
    pages = message_log.messages(request.actor, show=show, q=q, key=request.GET.get("after"))
    query = urlencode(
        {name: value for name, value in (("find", word), ("show", show)) if value and value != "all"}
    )
    waiting = message_log.attention_count(request.actor)
    context = {
        "place": "messages",
        "to": q,
        "find": word,
        "show": show,
        "show_is": which(message_log.MessageShow, show),
        "tabs": [
            (code, label, waiting if code == "attention" else None) for code, label in messages.SHOWS.items()
        ],
        "pages": pages,
        "query": f"{query}&" if query else "",
        "lines": [
            MessageLine(
                row,
                messages.kind_words(row.notice),
                messages.state_words(row.state, row.queue),
                messages.reason_words(row.reason, row.smtp_code),
            )
            for row in pages.rows
        ],
    }
    return page(request, "clinic/messages.html", context)


def _choose(request: StaffRequest, work_id: UUID, act: Callable[..., None], said: str) -> HttpResponse:
    """Do what was chosen, say so, and return to the messages that need a decision."""
    try:
        act(by=request.actor, work_id=work_id)
    except Stale:
        say(request, _("Somebody else has decided this meanwhile. Nothing was changed."), kind="think")
    except Refused:
        say(request, _("This message has been sent again already. Call the patient instead."), kind="think")
    else:
        say(request, said)
    return redirect(f"{reverse('messages')}?show=attention")


@require_POST
@staff_page(May.EDIT_PATIENT)
def leave(request: StaffRequest, work_id: UUID) -> HttpResponse:
    """Leave a message of unknown fate, or one that was refused or set aside, as it is."""
    said = _("It no longer stands among what needs a look. An unanswered check-in will show itself.")
    return _choose(request, work_id, message_log.leave, said)


@require_POST
@staff_page(May.EDIT_PATIENT)
def send_once_more(request: StaffRequest, work_id: UUID) -> HttpResponse:
    """Send a message of unknown fate again."""
    return _choose(request, work_id, message_log.send_again, _("The same message is sent again."))


@require_POST
@staff_page(May.EDIT_PATIENT)
def try_again(request: StaffRequest, work_id: UUID) -> HttpResponse:
    """Try again to send a message that was set aside."""
    return _choose(request, work_id, message_log.try_again, _("The message is tried again."))
