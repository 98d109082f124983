"""`manage.py rejudge`: judge issued plans again and list those with other findings than when they were issued."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from plans.domain.errors import NotFound
from plans.domain.taper.limit_rules import RULES, LimitLevel
from plans.management.progress import shown
from plans.services import clock
from plans.services.plans import rejudge
from plans.services.plans.rejudge import Found, Rejudged


class Command(BaseCommand):
    """After an update of limits, catalogue or tables, list the plans that need another look. Changes nothing."""

    help = (
        "Judge issued plans again by the limits, drug files and tables of today; nothing is written to plans."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument(
            "--clinic", default="", help="one clinic, by its exact name or key (default: every clinic)"
        )
        parser.add_argument(
            "--all", action="store_true", help="ended plans as well, not only those under way"
        )

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Show progress on standard error and the summary on standard output. Exit status 1 if a plan cannot be
        judged."""
        chosen = {"clinic": options["clinic"], "ended": options["all"]}
        try:
            expected = rejudge.count(**chosen)
        except NotFound as fault:
            why = "several clinics have this name: give a key" if fault.facts["several"] else "no such clinic"
            raise CommandError(f"{fault.facts['named']}: {why}.") from None
        judged = list(
            shown(
                rejudge.rejudge(**chosen),
                of=expected,
                what="plans",
                write=self._progress,
                terminal=self.stderr.isatty(),
                seconds=lambda: clock.real_now().timestamp(),
            )
        )
        for line in (*_summary(judged), *_changes(judged), *_broken(judged)):
            self.stdout.write(line)
        if any(plan.broken for plan in judged):
            raise CommandError("Some plans could not be judged; they are listed above.")

    def _progress(self, text: str) -> None:
        """Write progress at once, and not in the colour of an error."""
        self.stderr.write(text, style_func=str, ending="")
        self.stderr.flush()


def _summary(judged: Sequence[Rejudged]) -> list[str]:
    """Findings by rule and level, and in how many plans."""
    findings = Counter((mark.rule, mark.level) for plan in judged for mark in plan.now)
    plans = Counter(key for plan in judged for key in {(mark.rule, mark.level) for mark in plan.now})
    lines = [f"{len(judged)} plans judged, {sum(findings.values())} findings.", ""]
    if findings:
        lines.append(f"{'rule':<20} {'level':<13} {'findings':>8} {'plans':>6}")
    levels, rules = [level.value for level in reversed(LimitLevel)], list(RULES)
    for rule, level in sorted(findings, key=lambda key: (levels.index(key[1]), rules.index(key[0]))):
        lines.append(f"{rule:<20} {level:<13} {findings[rule, level]:>8} {plans[rule, level]:>6}")
    return [*lines, ""] if findings else lines


def _changes(judged: Sequence[Rejudged]) -> list[str]:
    changed = [plan for plan in judged if plan.changed]
    if not changed:
        return ["No plan is judged otherwise than when it was issued."]
    lines = [f"{len(changed)} judged otherwise than when they were issued:"]
    for plan in changed:
        lines.append(f"{plan.clinic}, plan {plan.plan_id}, version {plan.version}")
        lines += [f"  now    {_words(mark)}" for mark in plan.new]
        lines += [f"  before {_words(mark)}" for mark in plan.gone]
    return lines


def _words(mark: Found) -> str:
    return f"{mark.rule} {mark.level}, " + (f"step {mark.step}" if mark.step else "whole plan")


def _broken(judged: Sequence[Rejudged]) -> list[str]:
    return [
        f"{plan.clinic}, plan {plan.plan_id}, version {plan.version}: could not be judged ({plan.broken})"
        for plan in judged
        if plan.broken
    ]
