"""How invented people answer: courses of symptoms over the weeks, the same at every seeding."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from plans.domain.checkins.instrument import Item, Kind
from plans.services.checkins import responses, saving, sessions

_SYMPTOMS = ("sx_swings", "sx_sleep", "sx_irritable", "sx_shaking", "sx_numb", "sx_thinking", "sx_aches")


@dataclass(frozen=True, slots=True)
class CourseWeek:
    """When in the course a check-in falls: days since the last cut, weeks since the start, weeks until today."""

    since_cut: int
    number: int
    to_go: int


def course(mood: str, name: str, week: CourseWeek) -> dict[str, str]:
    """This person's answers this week other than "not at all"."""
    dice = random.Random(f"{name}:{week.number}")  # noqa: S311 - no secret: people answer differently, and the same each time
    found = {code: str(dice.choice((0, 0, 1, 1, 1, 2))) for code in _SYMPTOMS}
    found |= {
        "phq_1": str(dice.choice((0, 0, 1))),
        "phq_2": str(dice.choice((0, 1))),
        "gad_1": str(dice.choice((0, 1))),
    }
    found |= {"alcohol_days": str(dice.choice((0, 0, 0, 1))), "alcohol_drinks": "1"}
    if mood in ("waves", "crisis_now", "shaking") and week.since_cut <= 7:
        found |= {
            "sx_swings": "2",
            "sx_sleep": "2",
            "sx_irritable": "2",
            "phq_1": "1",
            "gad_1": "1",
            "gad_2": "1",
        }
    if mood in _LATELY and week.to_go <= _LATELY[mood][0]:
        found |= _LATELY[mood][1]
    return found


# Weeks before today, and what is answered from then on.
_LATELY: Mapping[str, tuple[int, dict[str, str]]] = {
    "low_lately": (1, {"phq_1": "2", "phq_2": "1", "sx_drive": "2", "overall": "worse"}),
    "shaking": (0, {"sx_shaking": "4", "sx_sleep": "3", "overall": "worse"}),
    "fell": (0, {"sx_fell": "yes", "sx_sleepy": "3", "sx_unsteady": "2"}),
    "kratom": (0, {"kratom": "yes", "overall": "same"}),
    "ran_out": (0, {"s_stopped": "yes", "contact": "today", "sx_shaking": "3", "overall": "worse"}),
    "sleepless": (2, {"sx_sleep": "3", "sx_sleepy": "2"}),
    "writes": (0, {"note": "I had a calm week. Next week my sister comes to stay, so please ring after Thursday."}),
    "crisis_now": (0, {"s_thoughts": "yes", "s_plan": "yes", "s_intent": "no", "s_prepared": "no", "contact": "today",
                       "phq_1": "3", "phq_2": "2", "gad_1": "2", "gad_2": "2", "sx_swings": "4", "sx_sleep": "3",
                       "overall": "much_worse"}),
}  # fmt: skip


def answer(item: Item, said: Mapping[str, str]) -> str:
    """The answer to one item: the course's, else the mildest one."""
    if item.code in said:
        return said[item.code]
    if item.kind is Kind.TEXT:
        return ""
    if item.kind is Kind.NUMBER:
        return str(item.minimum)
    usual = {"overall": "same", "dose_taken": "planned", "sx_swings_before": "1_to_2"}
    return usual.get(item.code, item.options[0].value)


def fill(subject: sessions.CheckInSession, said: dict[str, str]) -> None:
    """Answer every question at once and send it. Those that an answer brings up are answered too."""
    view = responses.look(subject)
    if view.sent:
        return
    spec = view.response.spec
    asked = [item for code in (*spec.versions, *spec.own) for item in spec.questionnaire(code).items.values()]
    posted = {item.code: [answer(item, said)] for item in asked}
    saved = saving.save_sheet(subject, posted=posted, seen=view.seen, send=True)
    if not saved.sent:
        raise RuntimeError(f"a check-in could not be sent: {dict(saved.problems)}")
