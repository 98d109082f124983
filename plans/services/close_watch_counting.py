"""How many patients each rule of close watch puts under watch today, and how many missed check-ins it made high.

A statement for each rule, whatever the clinic's size: the rules of `plans.domain.checkins.close_watch` once more, over
sets, and compared with them in the tests. Local days come from our own time zones, not the database's.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from plans.domain.checkins import occasions as when
from plans.domain.checkins.close_watch import FIRST_CUT_DAYS, STEP_BACK_DAYS, URGENT_DAYS, WatchRule
from plans.domain.checkins.flags import silence
from plans.domain.json import JsonObject
from plans.domain.people import CareState
from plans.domain.regimen import DayDose
from plans.domain.review.item_states import Priority
from plans.domain.taper.schedule import StepKind
from plans.domain.taper.withdrawal_risk import is_high_risk
from plans.models import LIVE_STATES, Patient

Counted = tuple[int, int]
"""Patients today, and missed check-ins."""

# Patients in care; their versions with the day on which the next one begins; today for each (part 0) and the days of
# their missed check-ins (part 1).
_PEOPLE: Final = """
WITH people AS MATERIALIZED (
  SELECT id, zone, close_watch, close_watch_until, duration_months FROM plans_patient
  WHERE clinic_id = %(clinic)s AND care_state = %(in_care)s
), clocks AS MATERIALIZED (
  SELECT * FROM unnest(%(zones)s::text[], %(since)s::timestamptz[], %(until)s::timestamptz[], %(ahead)s::interval[])
    AS clock (zone, since, until, ahead)
), versions AS MATERIALIZED (
  SELECT plan.patient_id AS who, version.id, version.from_day AS begins,
    min(version.from_day) OVER (
      PARTITION BY version.plan_id ORDER BY version.number DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS until
  FROM plans_planversion version
  JOIN plans_plan plan ON plan.id = version.plan_id AND plan.state = ANY(%(live)s)
  JOIN people ON people.id = plan.patient_id
), moments AS MATERIALIZED (
  SELECT row_number() OVER () AS n, who, day, part FROM (
    SELECT id AS who, %(today)s::date AS day, 0 AS part FROM people
    UNION ALL
    SELECT flag.patient_id, (flag.raised_at AT TIME ZONE 'UTC' + clocks.ahead)::date, 1
    FROM plans_flag flag
    JOIN people ON people.id = flag.patient_id
    JOIN clocks ON clocks.zone = '' AND flag.raised_at >= clocks.since AND flag.raised_at < clocks.until
    WHERE flag.clinic_id = %(clinic)s AND flag.rule = ANY(%(missed)s) AND flag.raised_at >= %(tried)s
  ) every
)
"""
_COUNT: Final = (
    "SELECT count(DISTINCT n) FILTER (WHERE part = 0), count(DISTINCT n) FILTER (WHERE part = 1) FROM "
)
_RULES: Final[Mapping[WatchRule, str]] = {
    WatchRule.FIRST_CUT: """moments JOIN (
          SELECT who, min(at) AS at FROM (
            SELECT versions.who, versions.until, min(lower(step.days)) AS at
            FROM versions JOIN plans_planstep step ON step.version_id = versions.id
            WHERE step.kind = %(cut)s AND lower(step.days) >= versions.begins
            GROUP BY versions.id, versions.who, versions.until
          ) firsts WHERE until IS NULL OR at < until GROUP BY who
        ) cut USING (who) WHERE day - at BETWEEN 0 AND %(first_cut_days)s""",
    WatchRule.STEP_BACK: """moments JOIN (
          SELECT versions.who, lower(step.days) AS at
          FROM versions JOIN plans_planstep step ON step.version_id = versions.id
          WHERE step.kind = %(step_back)s AND lower(step.days) >= versions.begins
            AND (versions.until IS NULL OR lower(step.days) < versions.until)
        ) back USING (who) WHERE day - at BETWEEN 0 AND %(step_back_days)s""",
    WatchRule.URGENT_ITEM: """moments JOIN (
          SELECT item.patient_id AS who, (item.opened_at AT TIME ZONE 'UTC' + clocks.ahead)::date AS at
          FROM plans_reviewitem item
          JOIN people ON people.id = item.patient_id
          JOIN clocks ON clocks.zone = people.zone
            AND item.opened_at >= clocks.since AND item.opened_at < clocks.until
          WHERE item.severity = %(urgent)s AND item.opened_at >= %(oldest)s
        ) urgent USING (who) WHERE day - at BETWEEN 0 AND %(urgent_days)s""",
    WatchRule.ITEM_NINE: """(
          SELECT DISTINCT ON (n) n, part, said FROM moments JOIN (
            SELECT checkin.patient_id AS who, (checkin.answers->>'phq_9')::int AS said,
              (checkin.saved_at AT TIME ZONE 'UTC' + clocks.ahead)::date AS at
            FROM plans_checkin checkin
            JOIN people ON people.id = checkin.patient_id
            JOIN clocks ON clocks.zone = people.zone
              AND checkin.saved_at >= clocks.since AND checkin.saved_at < clocks.until
            WHERE checkin.saved_at >= %(oldest)s AND checkin.answers->>'phq_9' ~ '^[0-9]{1,4}$'
          ) nine USING (who) WHERE at <= day ORDER BY n, at DESC, said DESC
        ) last WHERE said > 0""",
    WatchRule.MARKED: """moments JOIN people ON people.id = who
        WHERE close_watch AND (close_watch_until IS NULL OR day <= close_watch_until)""",
}
_DOSES: Final = """SELECT step.doses, people.duration_months, count(*) FILTER (WHERE part = 0),
  count(*) FILTER (WHERE part = 1)
FROM moments
JOIN people ON people.id = moments.who
JOIN plans_plan plan ON plan.patient_id = moments.who AND plan.state = ANY(%(live)s)
JOIN plans_planstep step ON step.version_id = plan.active_version_id AND step.days @> %(today)s::date
GROUP BY step.doses, people.duration_months"""


def counted(
    clinic_id: UUID, zone: str, now: datetime, *, tried: datetime, oldest: datetime
) -> dict[WatchRule, Counted]:
    """What each rule makes, of missed check-ins since `tried`; items and answers from before `oldest` do not count."""
    facts: JsonObject = {
        "clinic": clinic_id,
        "in_care": CareState.IN_CARE.value,
        "live": list(LIVE_STATES),
        "today": when.local_date(now, zone),
        "missed": [silence.ONE.code, silence.WATCHED.code],
        "tried": tried,
        "oldest": oldest,
        "cut": StepKind.CUT.value,
        "step_back": StepKind.STEP_BACK.value,
        "urgent": Priority.URGENT.value,
        "first_cut_days": FIRST_CUT_DAYS,
        "step_back_days": STEP_BACK_DAYS,
        "urgent_days": URGENT_DAYS,
        **_clocks(clinic_id, zone, oldest, now),
    }
    with connection.cursor() as cursor:
        found: dict[WatchRule, Counted] = {}
        for rule, rows in _RULES.items():
            cursor.execute(_PEOPLE + _COUNT + rows, facts)
            found[rule] = cursor.fetchone()
        cursor.execute(_PEOPLE + _DOSES, facts)
        found[WatchRule.RISK_GRID] = _at_high_risk(cursor.fetchall())
    return found


# Any: what the database gives.
def _at_high_risk(groups: Iterable[tuple[Any, ...]]) -> Counted:
    """Many take the same: each dose is judged once."""
    patients = missed = 0
    for doses, months, today, before in groups:
        if is_high_risk([DayDose.from_units(json.loads(doses), weekday) for weekday in range(7)], months):
            patients, missed = patients + today, missed + before
    return patients, missed


def _clocks(clinic_id: UUID, zone: str, since: datetime, now: datetime) -> JsonObject:
    """How far ahead of UTC each zone of the clinic's patients is, from when until when; the clinic's own is ''."""
    zones = set(
        Patient.objects.filter(clinic_id=clinic_id).order_by().values_list("zone", flat=True).distinct()
    )
    found: defaultdict[str, list[object]] = defaultdict(list)
    for name, known in [("", zone), *((one, when.known_zone(one, "UTC")) for one in sorted(zones))]:
        for begins, ends, ahead in _offsets(ZoneInfo(known), since - _DAY, now + _DAY):
            for column, value in (("zones", name), ("since", begins), ("until", ends), ("ahead", ahead)):
                found[column].append(value)
    return dict(found)


_DAY: Final = timedelta(days=1)


def _offsets(zone: ZoneInfo, since: datetime, until: datetime) -> list[tuple[datetime, datetime, timedelta]]:
    """The offsets of a zone, hour by hour where they change, as (from, before, offset)."""

    def offset(at: datetime) -> timedelta:
        return at.astimezone(zone).utcoffset() or timedelta(0)

    found, begins, at = [], since, since
    while at < until:
        following = min(at + _DAY, until)
        if offset(following) != offset(at):
            # Clocks change on the minute.
            low, high = at, following
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if offset(middle) == offset(at) else (low, middle)
            change = high.astimezone(UTC).replace(second=0, microsecond=0)
            found.append((begins, change, offset(at)))
            begins = change
        at = following
    return [*found, (begins, until, offset(begins))]
