"""How much code a request passes through: our functions and files, against those of the first release.

Three requests: issuing a plan from its form, answering yes on the first page of a check-in, and taking one due message
from claim to sent. Each is first made once for another patient, so that what is read once per process is not counted. A
function counts once however often it is called; comprehensions and lambdas count with the function around them. `python
-m benchmarks.bench_walks` names them, file by file.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

from benchmarks.line import BenchmarkLine

OURS: Final = tuple(f"{Path(__file__).resolve().parents[1] / name}/" for name in ("plans", "taperplan"))
# Functions and files at the first release (0.1.0), counted the same way.
FIRST: Final = {"issue a plan": (329, 68), "answer a page": (148, 50), "send a message": (86, 21)}


class CallTrace:
    """The functions of ours that were called, and how often."""

    def __init__(self) -> None:
        self.calls: Counter[CodeType] = Counter()

    @property
    def functions(self) -> int:
        """The number of different functions."""
        return len(self.calls)

    @property
    def files(self) -> int:
        """The number of files they are in."""
        return len({code.co_filename for code in self.calls})

    def __str__(self) -> str:
        by_file: dict[str, list[str]] = {}
        for code, times in self.calls.items():
            by_file.setdefault(code.co_filename.removeprefix(str(Path.cwd())), []).append(
                f"    {code.co_qualname} {times}"
            )
        return "\n".join(line for file, lines in sorted(by_file.items()) for line in (file, *sorted(lines)))


@contextmanager
def walking() -> Iterator[CallTrace]:
    """Record every function of ours that this thread calls meanwhile."""
    walk = CallTrace()

    def note(frame: FrameType, event: str, _arg: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_name[0] != "<" and code.co_filename.startswith(OURS):
            walk.calls[code] += 1

    sys.setprofile(note)
    try:
        yield walk
    finally:
        sys.setprofile(None)


def run() -> Iterator[BenchmarkLine]:
    """The lines of this benchmark."""
    for name, walk in _walks():
        for found, before, what in zip(
            (walk.functions, walk.files), FIRST[name], ("functions", "files"), strict=True
        ):
            yield BenchmarkLine(f"{name}: {what}, and at 0.1.0", found, before, found / before, None, "")


def _walks() -> Iterator[tuple[str, CallTrace]]:
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.MAIL_FROM, settings.MAIL_DOMAIN = "Clinic <hello@mail.example.org>", "mail.example.org"
    for name, request in {
        "issue a plan": _issue,
        "answer a page": _answer,
        "send a message": _send,
    }.items():
        request()
        yield name, request()


def _issue() -> CallTrace:
    """POST "issue" on the form of a plan whose reasons are given."""
    from tests.clients import client_of
    from tests.makers import make_clinic, make_patient
    from tests.web.plan_form_help import form_page, preview_page, typed

    clinic = make_clinic()
    patient, browser = make_patient(clinic.primary), client_of(clinic.primary)
    form = typed(patient)
    seen = browser.post(preview_page(patient), form).content.decode()
    reasons = dict.fromkeys(re.findall(r'name="(reason_\w+)"', seen), "Agreed with the patient")
    signed = re.findall(r'name="signed" value="(\w+)"', seen)
    shown = re.findall(r'name="shown" id="f-shown" value="([0-9a-f]*)"', seen)[0]
    with walking() as walk:
        answer = browser.post(
            form_page(patient), {**form, **reasons, "signed": signed, "shown": shown, "do": "issue"}
        )
    _expect(answer.status_code, 302)
    return walk


def _answer() -> CallTrace:
    """POST of the first page: yes, a fit."""
    from django.test import Client

    from plans.models import ReviewItem
    from tests.makers_checkins import START, asked, on

    with on(START):
        story = asked(country="US")
    with on(story.occasion.due_at):
        phone = Client()
        phone.get(f"/c/{story.token}")
        phone.get("/c/")
        with walking() as walk:
            answer = phone.post("/c/", {"page": "safety_a", "s_fit": "yes", "s_seeing": "no"})
    _expect(answer.status_code, 200)
    _expect(ReviewItem.objects.filter(patient=story.patient).count(), 1)
    return walk


def _send() -> CallTrace:
    """One due invitation, from claim to sent."""
    from benchmarks.receiver import CountingReceiver
    from plans.channels.email.delivery import Server, SmtpTransport
    from plans.dispatch import messages
    from plans.domain.notices import Queue
    from plans.models import Work
    from tests.makers import make_clinic
    from tests.makers_messages import make_invitations

    clinic = make_clinic()
    with CountingReceiver() as receiver:
        server = Server("127.0.0.1", receiver.port)
        # What is read once per clinic and day is read by the first.
        for number in (0, 1):
            Work.objects.all().delete()
            make_invitations(clinic, 1, first=number)
            with walking() as walk:
                counts = messages.run(Queue.MESSAGES, transport=lambda: SmtpTransport(server))
            _expect(counts.sent, 1)
    return walk


def _expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise RuntimeError(f"{found} where {wanted} was to come: another way was walked")


def main() -> None:
    """Print the name of every function passed."""
    from contextlib import ExitStack

    from benchmarks.__main__ import prepare

    with ExitStack() as stack:
        prepare(stack)
        for name, walk in _walks():
            print(
                f"\n{name}: {walk.functions} functions, {walk.files} files, {walk.calls.total()} calls\n{walk}"
            )


if __name__ == "__main__":
    main()
