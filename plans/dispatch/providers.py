"""The providers of push and text messages, beside the mail server: each kind has its own threads and its own time.

A provider that is silent holds only its own messages: e-mail goes on meanwhile, and so does the other kind. The first
that cannot be reached in a run tells for the rest of its kind, which wait for their next try. No thread touches the
database.

    lanes.take(claims) ──► start (compose, mark "sending", hand to a thread) ──► settle what has come back
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final

from plans.channels import sms
from plans.channels.fates import Fate, SendResult
from plans.channels.push import by_apprise
from plans.channels.short import Provider, ShortMessage
from plans.domain.reaching import ChannelKind
from plans.services import clock, staff_channels
from plans.services.outbox import Claim

log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Messages that are handed to one kind of provider at once."""

Providers = Mapping[ChannelKind, Callable[[], Provider]]
USUAL: Final[Providers] = {ChannelKind.PUSH: by_apprise.make, ChannelKind.TEXT: sms.chosen}


def into_files() -> Provider:
    """For a copy on another host: nothing reaches anybody."""
    return sms.named("files")


class Lane:
    """One kind: what waits, and what is in a thread. `down`: why it could not be reached in this run."""

    def __init__(self, kind: ChannelKind, make: Callable[[], Provider]) -> None:
        self.kind = kind
        self.waiting: deque[Claim] = deque()
        self.down = ""
        self._make = make
        self._threads: ThreadPoolExecutor | None = None
        self._provider: Provider | None = None
        self._under_way: dict[Future[SendResult], Claim] = {}

    @property
    def busy(self) -> bool:
        """Whether anything waits or is under way."""
        return bool(self.waiting or self._under_way)

    @property
    def futures(self) -> list[Future[SendResult]]:
        """What is under way."""
        return list(self._under_way)

    def next(self) -> list[Claim]:
        """As many of those that wait as there are free threads."""
        free = AT_ONCE - len(self._under_way)
        return [self.waiting.popleft() for _ in range(min(free, len(self.waiting)))]

    def hand(self, claim: Claim, message: ShortMessage) -> None:
        """Hand a message to a thread."""
        if self._threads is None or self._provider is None:
            self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=self.kind.value)
            self._provider = self._make()
        self._under_way[self._threads.submit(_sent, self._provider, message)] = claim

    def done(self) -> dict[Claim, SendResult]:
        """What has come back."""
        found = {claim: future.result() for future, claim in self._under_way.items() if future.done()}
        self._under_way = {future: claim for future, claim in self._under_way.items() if not future.done()}
        down = next((one.reason for one in found.values() if one.reason == "provider_unreachable"), "")
        self.down = self.down or down
        return found

    def close(self) -> None:
        """End its threads, which have nothing left to do."""
        if self._threads is not None:
            self._threads.shutdown()


class Lanes:
    """The kinds besides e-mail in one run."""

    def __init__(self, providers: Providers = USUAL, *, filed: bool = False) -> None:
        self.lanes = {kind: Lane(kind, into_files if filed else make) for kind, make in providers.items()}

    def take(self, claims: Sequence[Claim]) -> list[Claim]:
        """Take those that do not go by e-mail; returns the others."""
        kinds = staff_channels.kinds([claim.id for claim in claims], clock.now()) if claims else {}
        for claim in claims:
            if claim.id in kinds:
                self.lanes[kinds[claim.id]].waiting.append(claim)
        return [claim for claim in claims if claim.id not in kinds]

    @property
    def busy(self) -> bool:
        """Whether anything waits or is under way."""
        return any(lane.busy for lane in self.lanes.values())

    def rest(self, seconds: float) -> None:
        """Wait until something comes back, or the time is over."""
        if under_way := [future for lane in self.lanes.values() for future in lane.futures]:
            wait(under_way, timeout=seconds, return_when=FIRST_COMPLETED)

    def close(self) -> None:
        """End all threads."""
        for lane in self.lanes.values():
            lane.close()


def _sent(provider: Provider, message: ShortMessage) -> SendResult:
    """The result for a message; unknown if a fault of ours cut it off."""
    try:
        return provider.send(message)
    except Exception:
        log.exception("short message cannot be handed over")
        return SendResult(Fate.UNKNOWN, "provider_silent")
