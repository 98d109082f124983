"""U5: hard to wake or slow breathing; or opioid, kratom or heavy drinking with severe sleepiness (boxed warning).

On the screen beside the emergency number: naloxone, where there is some (guideline, recommendation 17)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Screen, Severity


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    found = []
    if sheet.yes("s_waking"):
        found.append(rule.found(inputs=rule.on(sheet, "s_waking")))
    limits = sheet.about.thresholds
    drinks = sheet.number("alcohol_drinks")
    mixed = [item for item in ("opioid", "kratom") if sheet.yes(item)]
    if drinks is not None and drinks >= limits.heavy_day:
        mixed.append("alcohol_drinks")
    if mixed and sheet.symptoms().get("sx_sleepy", 0) >= limits.symptom_watch:
        inputs = rule.on(sheet, "sx_sleepy", *mixed)
        severe, heavy = limits.symptom_watch, limits.heavy_day
        found.append(rule.found(kind="mix", inputs=inputs, mixed=mixed, severe_from=severe, heavy_from=heavy))
    return tuple(found)


RULE = Rule("U5", 3, Severity.URGENT, _evaluate, immediate=True, screen=Screen.BREATHING)
