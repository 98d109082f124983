"""How well the queue is worked: items by week, rule and person on duty, alerts by night, and the load of each rule.

It adds up the weeks that were counted (`figures_counting`). Colleagues are compared by their lead alone: everybody else
finds only themselves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from plans.domain.review import figures
from plans.domain.review.figures import ItemClock, Key, Measured, Tally
from plans.domain.review.item_states import Priority
from plans.models import FiguresWeek, User
from plans.services import clock
from plans.services.access import get_clinic_for
from plans.services.actors import Actor, May
from plans.services.checkins import alert_load
from plans.services.checkins.alert_load import Load, WeekLoad
from plans.services.figures_counting import AlertsSent, CountedWeek
from plans.services.review.holding import opening_of

ByClock: TypeAlias = Mapping[ItemClock, Tally]
_NOTHING = CountedWeek((), (), 0, (), WeekLoad(0, {}))


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """One week: what was opened in it by priority and by clock, what ended and was sent in it, and its flags."""

    first: date
    priorities: Mapping[Priority, Tally]
    clocks: ByClock
    ended: int
    by_day: int
    by_night: int
    load: WeekLoad


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """The items of one rule, or of one source without rules."""

    code: str
    clocks: ByClock


@dataclass(frozen=True, slots=True)
class DutyFigures:
    """The items opened while somebody was first on duty; without a name: while nobody was."""

    name: str
    clocks: ByClock


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """The alerts sent to one person: all, those by night, nights with any, and the most in one night."""

    name: str
    sent: int
    by_night: int
    nights: int
    most: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How well the queue was worked in some weeks, the last of which is still running. `nights` have begun.

    `counted_at`: when the running week was counted, on the clinic's clock; None: nothing has been counted yet.
    """

    weeks: tuple[WeekFigures, ...]
    priorities: Mapping[Priority, Tally]
    rules: tuple[RuleFigures, ...]
    duty: tuple[DutyFigures, ...]
    alerts: tuple[AlertFigures, ...]
    nights: int
    load: Load
    everybody: bool
    zone: str
    counted_at: datetime | None

    @property
    def outcomes(self) -> Mapping[str, Mapping[Priority, int]]:
        """How items of each priority ended, the most frequent ends first."""
        found: defaultdict[str, dict[Priority, int]] = defaultdict(dict)
        for priority, tally in self.priorities.items():
            for outcome, count in tally.outcomes.items():
                found[outcome][priority] = count
        return dict(sorted(found.items(), key=lambda one: (-sum(one[1].values()), one[0])))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        busy = any(week.ended or week.by_day or week.by_night for week in self.weeks)
        return not self.priorities and not busy and not self.load.checkins and not self.load.rules


def read(actor: Actor, weeks: int) -> Figures:
    """The figures of the actor's clinic in the last `weeks` weeks, the running one included."""
    clinic = get_clinic_for(actor)
    now, zone = clock.now(), opening_of(clinic).zone
    today = now.astimezone(zone).date()
    days = figures.mondays(today, weeks)
    kept = {row.first: row for row in FiguresWeek.objects.filter(clinic=clinic, first__in=days)}
    counted = [CountedWeek.from_json(kept[day].facts) if day in kept else _NOTHING for day in days]
    everybody = actor.may(May.MANAGE)
    duty = [(person, some) for week in counted for person, some in week.duty]
    alerts = [one for week in counted for one in week.alerts]
    priorities = figures.add_up((some.priority, some) for _, some in duty)
    if not everybody:
        duty = [(person, some) for person, some in duty if person == actor.user_id]
        alerts = [one for one in alerts if one.person == actor.user_id]
    names = _names({person for person, _ in duty} | {one.person for one in alerts})
    nights = figures.night_edges(days[0], today, zone)[::2]
    return Figures(
        weeks=tuple(_week(day, week) for day, week in zip(days, counted, strict=True)),
        priorities=priorities,
        rules=tuple(
            RuleFigures(code, clocks)
            for code, clocks in _most_first([one for week in counted for one in week.rules])
        ),
        duty=tuple(DutyFigures(names.get(person, ""), clocks) for person, clocks in _most_first(duty)),
        alerts=_alerted(alerts, names),
        nights=sum(edge <= now for edge in nights),
        load=alert_load.add_up([week.load for week in counted]),
        everybody=everybody,
        zone=clinic.zone,
        counted_at=max((row.counted_at for row in kept.values()), default=None),
    )


def _week(day: date, week: CountedWeek) -> WeekFigures:
    priorities = figures.add_up((some.priority, some) for _, some in week.duty)
    clocks = figures.add_up((some.clock, some) for _, some in week.duty)
    by_night = sum(one.count for one in week.alerts if one.night is not None)
    return WeekFigures(
        first=day,
        priorities={one: priorities[one] for one in Priority},
        clocks={one: clocks[one] for one in ItemClock},
        ended=week.ended,
        by_day=sum(one.count for one in week.alerts) - by_night,
        by_night=by_night,
        load=week.load,
    )


def _most_first(found: Sequence[tuple[Key, Measured]]) -> list[tuple[Key, ByClock]]:
    """Items by key and clock, the keys with most items first."""
    tallies = figures.add_up(((key, some.clock), some) for key, some in found)
    opened: Counter[Key] = Counter()
    for key, some in found:
        opened[key] += some.opened
    return [
        (key, {one: tallies[key, one] for one in ItemClock})
        for key, _ in sorted(opened.items(), key=lambda one: (-one[1], str(one[0])))
    ]


def _alerted(sent: Iterable[AlertsSent], names: Mapping[UUID | None, str]) -> tuple[AlertFigures, ...]:
    alls: Counter[UUID] = Counter()
    nights: defaultdict[UUID, Counter[date]] = defaultdict(Counter)
    for one in sent:
        alls[one.person] += one.count
        if one.night is not None:
            nights[one.person][one.night] += one.count
    found = (
        AlertFigures(
            name=names[person],
            sent=count,
            by_night=nights[person].total(),
            nights=len(nights[person]),
            most=max(nights[person].values(), default=0),
        )
        for person, count in alls.items()
    )
    return tuple(sorted(found, key=lambda one: (-one.sent, one.name)))


def _names(people: Collection[UUID | None]) -> dict[UUID | None, str]:
    return dict(User.objects.filter(pk__in=[one for one in people if one]).values_list("pk", "name"))
