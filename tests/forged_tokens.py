"""Forged tokens at every look-up that takes one, in processes of its own: `python -m tests.forged_tokens 1000000`.

Half are made from real tokens (one sign changed, cut, longer, another case, reversed, encoded, with a NUL or a
zero-width space), half from nothing. Each is tried at one door after another: links of patients for each purpose,
sessions and devices of theirs, sessions and devices of staff, reply codes, "it was not me", new passwords, forms of
check-ins and their authors, bounce addresses. Nothing may be found, and nothing may raise anything but a refusal.

Where a token is looked up by a hash or a key of a row, a thousand are asked for in one query, and every twentieth goes
through the look-up itself as well; all others go through it one by one. Each processor has a process of its own. It
says every ten seconds how far it is, and ends after `--minutes` (25) with what it has tried by then. The suite tries a
few thousand.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import re
import sys
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from string import ascii_letters, digits
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from plans.models import Patient
    from plans.services.actors import Actor
    from tests.makers import ClinicMade

SIGNS: Final = ascii_letters + digits + "-_"
_EVERY_SECONDS: Final = 10.0
_BATCH: Final = 20_000
_ONE_BY_ONE: Final = 20


def _changed(token: str, chance: random.Random) -> str:
    at = chance.randrange(len(token))
    other = chance.choice([sign for sign in SIGNS if sign != token[at]])
    return token[:at] + other + token[at + 1 :]


TWISTS: Final[tuple[Callable[[str, random.Random], str], ...]] = (
    _changed,
    lambda token, chance: token[: chance.randrange(len(token))],
    lambda token, chance: token + chance.choice(SIGNS),
    lambda token, _chance: token.swapcase(),
    lambda token, _chance: token[::-1],
    lambda token, chance: token.replace(token[chance.randrange(len(token))], "%41", 1),
    lambda token, chance: token[:5] + chance.choice("\0\u200b\u202e ") + token[5:],
    lambda token, chance: token * chance.randrange(2, 400),
)


@dataclass(frozen=True)
class Door:
    """A look-up that takes a token. `opens` gives what it found, nothing, or a refusal.

    `same`: what of a token its look-up reads. Two that are the same in that are one token, written otherwise.
    """

    name: str
    real: Sequence[str]
    opens: Callable[[str], object]
    same: Callable[[str], object] = str
    stored: Callable[[Sequence[str]], object] | None = None
    """What the database has of many tokens at once, where that is what the look-up asks; falsy for nothing."""
    known: frozenset[object] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", frozenset(self.same(one) for one in self.real))

    def forged(self, chance: random.Random) -> str:
        """A token that was never given out."""
        if chance.random() < 0.5:
            made = chance.choice(TWISTS)(chance.choice(self.real), chance)
            if self.same(made) not in self.known:
                return made
        return "".join(chance.choices(SIGNS, k=chance.choice((22, 43))))

    def tries(self, token: str) -> str:
        """What a token did there that it may not; "" if it was refused."""
        from plans.domain.errors import NotFound

        try:
            found = self.opens(token)
        except NotFound:
            return ""
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is reported
            return f"{self.name}: {token!r} raised {fault!r}"
        return f"{self.name}: {token!r} opened {found!r}" if found else ""

    def hits(self, tokens: Sequence[str]) -> list[str]:
        """What these tokens did that they may not."""
        singly, found = tokens, []
        if self.stored is not None:
            singly = tokens[::_ONE_BY_ONE]
            try:
                found = [f"{self.name}: {has!r}"] if (has := self.stored(tokens)) else []
            except Exception as fault:  # noqa: BLE001 - as above
                found = [f"{self.name}: raised {fault!r}"]
        return [*found, *(said for token in singly if (said := self.tries(token)))]


def hits(count: int, doors: Sequence[Door], seed: int = 16) -> list[str]:
    """What forged tokens opened, or where they raised anything but a refusal; `count` over all doors."""
    chance = random.Random(seed)
    shares = [count // len(doors) + (at < count % len(doors)) for at in range(len(doors))]
    return [
        said
        for door, share in zip(doors, shares, strict=True)
        for said in door.hits([door.forged(chance) for _n in range(share)])
    ]


def all_doors(clinic: ClinicMade, patient: Patient) -> list[Door]:
    """Every look-up, with real tokens of one clinic, one patient and one member."""
    return [*_of_patients(patient), *_of_staff(clinic), *_of_machines()]


def _of_patients(patient: Patient) -> Iterator[Door]:
    from django.test import RequestFactory

    from plans.models import Link, PatientDevice, PatientSession
    from plans.services import devices, links
    from plans.services.links import LinkPurpose
    from plans.web.patient.checkin import visit

    def of_links(tokens: Sequence[str]) -> object:
        return list(Link.objects.filter(token_hash__in=[links._hash(one) for one in tokens]))

    def of_sessions(tokens: Sequence[str]) -> object:
        return list(PatientSession.objects.filter(key_hash__in=[links._hash(one) for one in tokens]))

    def of_devices(tokens: Sequence[str]) -> object:
        return list(PatientDevice.objects.filter(key_hash__in=[devices._hash(one) for one in tokens]))

    for purpose in LinkPurpose:
        made = [links.make(purpose=purpose, patient=patient) for _n in range(5)]
        yield Door(
            f"link {purpose}",
            [links.token_of(one) for one in made],
            partial(links.look, purpose=purpose),
            stored=of_links,
        )
        keys = [links.start_session(one.pk) for one in made]
        yield Door(
            f"session {purpose}",
            keys,
            partial(links.session_link, purpose=purpose),
            stored=of_sessions,
        )
    yield Door("language of a session", keys, links.language_of_session, stored=of_sessions)
    yield Door(
        "device of a patient",
        [devices.remember(patient, "phone") for _n in range(5)],
        lambda token: devices.knows(patient.pk, token),
        stored=of_devices,
    )
    checkin = links.make(purpose=LinkPurpose.CHECKIN, patient=patient)
    key = visit.form_key(links.look(links.token_of(checkin), LinkPurpose.CHECKIN))
    posted = RequestFactory()
    yield Door(
        "form of a check-in",
        [key],
        lambda token: visit.link_of(posted.post("/c/", {"key": token, "page": "1"})),
    )


def _of_staff(clinic: ClinicMade) -> Iterator[Door]:
    from allauth.account.forms import default_token_generator
    from django.contrib.sessions.models import Session
    from django.db import transaction

    from plans.domain.reaching import CodePurpose
    from plans.domain.signing_in import CredentialChange
    from plans.models import ReplyCode, User, Work
    from plans.services import clock, credentials, reply_codes, sign_ins
    from plans.services.session_store import SessionStore

    user = User.objects.get(pk=clinic.primary.member_id)
    stores = [SessionStore() for _n in range(5)]
    for store in stores:
        store["_auth_user_id"] = str(user.pk)
        store.create()
    yield Door(
        "session of staff",
        [str(store.session_key) for store in stores],
        lambda token: dict(SessionStore(token).items()),
        stored=lambda tokens: list(
            Session.objects.filter(session_key__in=[SessionStore(one).session_key for one in tokens])
        ),
    )
    yield Door(
        "device of staff",
        [sign_ins.device_key(user.pk) for _n in range(5)],
        lambda token: sign_ins.knows(token, user.email),
    )
    credentials.tell(user.pk, CredentialChange.PASSWORD)
    work = Work.objects.get(user=user)
    yield Door("it was not me", [credentials.not_me_path(work).rpartition("/")[2]], credentials.read)
    yield Door(
        "new password",
        [default_token_generator.make_token(user)],
        lambda token: default_token_generator.check_token(user, token),
    )
    with transaction.atomic():
        code = reply_codes.for_work(work, purpose=CodePurpose.ALERT, channel_id=None, now=clock.now())
    yield Door(
        "link of an alert",
        [reply_codes.token_of(code)],
        reply_codes.by_token,
        stored=lambda tokens: list(
            ReplyCode.objects.filter(token_hash__in=[reply_codes._token_hash(one) for one in tokens])
        ),
    )
    cookie, owner = _author_of_a_form(clinic.primary)
    yield Door("author of a form", [cookie], owner, same=_decoded)


def _author_of_a_form(actor: Actor) -> tuple[str, Callable[[str], object]]:
    """The cookie that says whose the forms of a browser are, and what reads it."""
    from django.http import HttpResponse
    from django.middleware import csrf
    from django.test import RequestFactory

    from plans.web import form_owner

    made, response = RequestFactory(), HttpResponse()
    page = made.get("/")
    token = csrf.get_token(page)
    form_owner.remember(page, response, actor)

    def owner(cookie: str) -> object:
        request = made.post("/", {"csrfmiddlewaretoken": token})
        request.COOKIES = {form_owner.COOKIE: cookie}
        return form_owner.owner_of(request)

    return response.cookies[form_owner.COOKIE].value, owner


def _decoded(token: str) -> object:
    """What the cookie of an author holds: signs that are none of base64 are passed over."""
    try:
        return urlsafe_b64decode(token)
    except ValueError:
        return token


def _of_machines() -> Iterator[Door]:
    from plans.domain import bounce_address

    key, work = b"a key of the tests" * 2, UUID(int=7)
    real = bounce_address.write(key, work, date(2026, 12, 1), "mail.example.org")
    # Its letters may come back in another case, and among others.
    yield Door(
        "bounce address",
        [real],
        lambda token: bounce_address.read(key, token),
        same=lambda token: next(iter(re.findall(r"bounce\+[^@]*@", token.lower())), token),
    )


def _worker(number: int, count: int, seconds: float, doors: Sequence[Door], told: Any) -> None:
    """Try `count` in this process, and tell how many were tried and what was found; None at the end."""
    ends, tried = monotonic() + seconds, 0
    while tried < count and monotonic() < ends:
        batch = min(_BATCH, count - tried)
        told.put((batch, hits(batch, doors, seed=number * 1_000_000 + tried)))
        tried += batch
    told.put(None)


def main(count: int, minutes: float) -> int:
    """Try them at a database of its own; 1 if any opened anything."""
    from benchmarks.__main__ import prepare

    processes = os.cpu_count() or 1
    with ExitStack() as stack:
        os.environ.setdefault("TZ", "UTC")
        prepare(stack)
        from django.db import connections

        from tests.makers import make_clinic, make_patient

        clinic = make_clinic()
        doors = all_doors(clinic, make_patient(clinic.primary))
        # Each process makes a connection of its own.
        connections.close_all()
        forking = multiprocessing.get_context("fork")
        told: Any = forking.Queue()
        share = -(-count // processes)
        children = [
            forking.Process(target=_worker, args=(number, share, minutes * 60, doors, told), daemon=True)
            for number in range(1, processes + 1)
        ]
        began = monotonic()
        for child in children:
            child.start()
        tried, found = _gathered(told, processes, count, began)
        for child in children:
            child.join()
    print(f"{tried:,} forged tokens, {len(found)} opened anything, {monotonic() - began:.0f} s", flush=True)
    for line in found[:20]:
        print(line)
    return 1 if found or any(child.exitcode for child in children) else 0


def _gathered(told: Any, processes: int, count: int, began: float) -> tuple[int, list[str]]:
    found: list[str] = []
    tried, said_at = 0, began
    while processes:
        if (part := told.get(timeout=600)) is None:
            processes -= 1
            continue
        tried, found = tried + part[0], found + part[1]
        if monotonic() - said_at > _EVERY_SECONDS:
            said_at = monotonic()
            print(
                f"{tried:,} of {count:,}, {len(found)} opened anything, {said_at - began:.0f} s", flush=True
            )
    return tried, found


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    asked.add_argument("count", type=int, nargs="?", default=10_000)
    asked.add_argument("--minutes", type=float, default=25)
    given = asked.parse_args()
    sys.exit(main(given.count, given.minutes))
