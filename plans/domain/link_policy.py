"""What an access link allows: one table, and nothing else decides.

    purpose × origin × strength × state × act  →  allowed

What no rule names is refused. Help is no act: whom to call is on every page, refusals too.

    link = LinkAccess(LinkPurpose.CHECKIN, Origin.PAPER, LinkStrength.DEVICE)
    allows(link, LinkAct.ANSWER)        # True: the patient, who scanned their calendar at home
    allows(link, LinkAct.OWN_ANSWERS)   # False: a printed code never shows what was answered
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

from plans.domain.links import LinkPurpose


class Origin(StrEnum):
    """Where the holder of a session comes from."""

    MESSAGE = "message"
    # A printed code, which anybody may find.
    PAPER = "paper"
    # A button on another page of the patient's.
    PLAN_PAGE = "plan_page"
    # A member of staff, on their own screen.
    STAFF = "staff"


class LinkStrength(StrEnum):
    """What the holder has shown beside the link."""

    LINK = "link"
    # The second fact, in this session.
    FACT = "fact"
    # A device on which it was given and which the patient wanted remembered.
    DEVICE = "device"


class LinkState(StrEnum):
    """The state of a known link."""

    GOOD = "good"
    EXPIRED = "expired"
    REVOKED = "revoked"
    # The patient is in hospital or no longer in care here.
    OUT_OF_CARE = "out_of_care"
    DIED = "died"


class LinkAct(StrEnum):
    """What a page or a button of a patient's does."""

    # Say whether a printed page is current.
    STATUS = "status"
    # Exchange the token for a session.
    OPEN = "open"
    QUESTIONS = "questions"
    ANSWER = "answer"
    OWN_ANSWERS = "own_answers"
    # Ask for the second fact, and take it.
    GIVE_FACT = "give_fact"
    DOSE = "dose"
    MARK = "mark"
    # The address of a calendar.
    MAKE_LINK = "make_link"
    # A calendar program reads it.
    FEED = "feed"
    # See and end devices and links, choose the code, ask for messages that say less.
    DEVICES = "devices"
    # Ask for a copy of everything, and fetch it.
    COPY = "copy"
    # See what was consented to, and give it or take it back.
    CONSENT = "consent"
    TO_PLAN = "to_plan"
    TO_CHECKIN = "to_checkin"
    TO_PREFERENCES = "to_preferences"
    PREFERENCES = "preferences"
    STOP = "stop"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class LinkAccess:
    """A link, where its holder comes from, and what they have shown."""

    purpose: LinkPurpose
    origin: Origin
    strength: LinkStrength
    state: LinkState = LinkState.GOOD


@dataclass(frozen=True, slots=True)
class Rule:
    """Everything that it names is allowed."""

    purposes: frozenset[LinkPurpose]
    origins: frozenset[Origin]
    strengths: frozenset[LinkStrength]
    acts: frozenset[LinkAct]
    states: frozenset[LinkState]

    def covers(self, link: LinkAccess, act: LinkAct) -> bool:
        """Whether it allows the act."""
        return (
            link.purpose in self.purposes
            and link.origin in self.origins
            and link.strength in self.strengths
            and link.state in self.states
            and act in self.acts
        )


_T = TypeVar("_T", bound=StrEnum)
_P, _O, _S, _A, _L = LinkPurpose, Origin, LinkStrength, LinkAct, LinkState
_ANY: Final = tuple(LinkStrength)
_FACT: Final = (LinkStrength.FACT, LinkStrength.DEVICE)
_OWN: Final = (Origin.MESSAGE, Origin.PLAN_PAGE)


def _rule(
    purposes: LinkPurpose | tuple[LinkPurpose, ...],
    origins: Origin | tuple[Origin, ...],
    strengths: LinkStrength | tuple[LinkStrength, ...],
    *acts: LinkAct,
    states: LinkState | tuple[LinkState, ...] = LinkState.GOOD,
) -> Rule:
    return Rule(_set(purposes), _set(origins), _set(strengths), frozenset(acts), _set(states))


def _set(one: _T | tuple[_T, ...]) -> frozenset[_T]:
    return frozenset(one) if isinstance(one, tuple) else frozenset({one})


RULES: Final = (
    # A check-in asks nobody for the second fact: an answer must never wait for it.
    _rule(_P.CHECKIN, _OWN, _ANY, _A.OPEN, _A.QUESTIONS, _A.ANSWER, _A.TO_PLAN),
    _rule(_P.CHECKIN, _OWN, _FACT, _A.OWN_ANSWERS),
    _rule(_P.CHECKIN, _O.PAPER, _FACT, _A.QUESTIONS, _A.ANSWER, _A.TO_PLAN),
    _rule(_P.CHECKIN, _O.STAFF, _ANY, _A.QUESTIONS, _A.ANSWER, _A.OWN_ANSWERS),
    # A worry can be reported after a check-in has closed, and what was being written is taken whatever ended meanwhile.
    _rule(_P.CHECKIN, _OWN, _ANY, _A.OPEN, _A.QUESTIONS, _A.ANSWER, states=_L.EXPIRED),
    _rule(_P.CHECKIN, _OWN, _FACT, _A.OWN_ANSWERS, states=_L.EXPIRED),
    _rule(_P.CHECKIN, _O.PAPER, _FACT, _A.QUESTIONS, _A.ANSWER, states=_L.EXPIRED),
    _rule(_P.CHECKIN, _OWN, _ANY, _A.ANSWER, states=_L.OUT_OF_CARE),
    _rule(_P.CHECKIN, _O.PAPER, _FACT, _A.ANSWER, states=_L.OUT_OF_CARE),
    # The plan.
    _rule(_P.PLAN, _O.MESSAGE, _ANY, _A.OPEN),
    _rule(_P.PLAN, (*_OWN, _O.PAPER), _ANY, _A.GIVE_FACT),
    _rule(_P.PLAN, (*_OWN, _O.PAPER), _FACT, _A.DOSE, _A.TO_CHECKIN),
    _rule(_P.PLAN, _OWN, _FACT, _A.MARK, _A.TO_PREFERENCES, _A.DEVICES, _A.COPY, _A.CONSENT),
    # An address that lasts is not made on somebody else's computer.
    _rule(_P.PLAN, _OWN, _S.DEVICE, _A.MAKE_LINK),
    # Messages.
    _rule(_P.MAIL, _O.MESSAGE, _ANY, _A.OPEN),
    _rule(_P.MAIL, _OWN, _ANY, _A.PREFERENCES, _A.STOP),
    # Stopping works wherever the patient is treated, and from the oldest message.
    _rule(_P.MAIL, _OWN, _ANY, _A.STOP, states=(_L.EXPIRED, _L.OUT_OF_CARE, _L.DIED)),
    # Anybody can say that an address is not theirs, wherever the patient is treated.
    _rule(_P.CONFIRM, _O.MESSAGE, _ANY, _A.OPEN, _A.CONFIRM, states=(_L.GOOD, _L.OUT_OF_CARE)),
    # Paper says whether it is current, for ever; the way to the plan asks for the second fact.
    _rule((_P.DOCUMENT, _P.PHARMACY), _O.PAPER, _ANY, _A.STATUS, states=tuple(LinkState)),
    _rule(_P.DOCUMENT, _O.PAPER, _ANY, _A.TO_PLAN),
    # A calendar program keeps no cookie. Out of care its address says whom to ask, and no dose.
    _rule((_P.FEED, _P.FEED_DOSES), _O.PLAN_PAGE, _ANY, _A.FEED, states=(_L.GOOD, _L.OUT_OF_CARE, _L.DIED)),
    _rule(_P.FEED_DOSES, _O.PLAN_PAGE, _ANY, _A.DOSE),
    # An invitation names the clinic; accepting it needs a sign-in.
    _rule(_P.INVITATION, _O.MESSAGE, _ANY, _A.STATUS),
)


def allows(link: LinkAccess, act: LinkAct) -> bool:
    """Whether a link allows an act."""
    return any(rule.covers(link, act) for rule in RULES)


def needs_fact(link: LinkAccess, act: LinkAct) -> bool:
    """Whether only the second fact is missing: then it is worth asking for."""
    return not allows(link, act) and any(allows(replace(link, strength=one), act) for one in _FACT)


def every_access() -> Iterator[LinkAccess]:
    """Every combination of purpose, origin, strength and state."""
    for purpose in LinkPurpose:
        for origin in Origin:
            for strength in LinkStrength:
                for state in LinkState:
                    yield LinkAccess(purpose, origin, strength, state)
