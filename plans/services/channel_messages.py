"""Messages about a channel itself: its code, its test, that it fails, and the answer to a reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from plans.domain.messages import Skip
from plans.domain.notices import AUDIT_HEADS, CHANNEL_CODE, CHANNEL_FAILED, CREDENTIALS_CHANGED, REPLY_ANSWER
from plans.domain.reaching import ChannelKind
from plans.models import ReplyCode, StaffChannel, Work
from plans.services import clock, staff_channels


@dataclass(frozen=True, slots=True)
class ChannelSaid:
    """What such a message speaks of: the code that confirms a channel; a kind of channel and whose; an answer; what
    changed about signing in; heads of the audit trail, one a line."""

    code: str = ""
    about: str = ""
    whom: str = ""


def said(work: Work) -> ChannelSaid:
    """What a message says about a channel; empty for any other."""
    say = _SAID.get(work.notice)
    return say(work) if say is not None else ChannelSaid()


def _code(work: Work) -> ChannelSaid:
    return ChannelSaid(
        code=staff_channels.confirming_code(StaffChannel.objects.get(pk=work.facts["channel_id"]))
    )


def _failed(work: Work) -> ChannelSaid:
    row = ReplyCode.objects.select_related("user", "channel").get(pk=work.facts["code_id"])
    kind = row.channel.kind if row.channel is not None else ChannelKind.EMAIL.value
    return ChannelSaid(about=kind, whom=row.user.name)


_SAID: Final[Mapping[str, Callable[[Work], ChannelSaid]]] = {
    AUDIT_HEADS: lambda work: ChannelSaid(about="\n".join(work.facts["heads"])),
    CHANNEL_CODE: _code,
    CHANNEL_FAILED: _failed,
    REPLY_ANSWER: lambda work: ChannelSaid(about=str(work.facts["answer"])),
    CREDENTIALS_CHANGED: lambda work: ChannelSaid(about=str(work.facts["change"])),
}


def why_no_code(work: Work) -> Skip | None:
    """Why the code of a channel need not be sent."""
    row = StaffChannel.objects.filter(pk=work.facts["channel_id"]).first()
    if row is None or row.removed_at is not None:
        return Skip("channel_removed")
    if row.confirmed_at is not None:
        return Skip("confirmed")
    if row.code_expires_at <= clock.real_now() or not work.key.endswith(bytes(row.nonce).hex()[:8]):
        return Skip("over")
    return None


def why_no_test(work: Work) -> Skip | None:
    """Why a test need not be sent: it came back, or another took its place."""
    row = ReplyCode.objects.filter(work_id=work.pk).first()
    return None if row is not None and row.answered_at is None and row.cleared_at is None else Skip("over")


def why_no_alarm(work: Work) -> Skip | None:
    """Why nobody need be told that a channel fails: it works again, or was removed."""
    fails = ReplyCode.objects.filter(pk=work.facts["code_id"], failed_at__isnull=False, cleared_at=None)
    return None if fails.exists() else Skip("over")


def path() -> str:
    """The path of the page where a member of staff sees their channels."""
    return reverse("channels")
