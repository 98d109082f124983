"""U6: chest pain; or very severe sweating or racing heart with fever, vomiting or confusion (our combination)."""

from __future__ import annotations

from plans.domain.checkins.flagging import Evidence, Finding, Rule, Screen, Severity

_VERY_SEVERE = 4
"""Not a threshold of the clinic's: whether there is fever is asked after this answer alone."""


def _evaluate(rule: Rule, sheet: Evidence) -> tuple[Finding, ...]:
    found = []
    if sheet.yes("s_chest"):
        found.append(rule.found(inputs=rule.on(sheet, "s_chest")))
    racing = sheet.symptoms().get("sx_heart", 0) >= _VERY_SEVERE
    with_it = [item for item in ("sx_heat", "s_seeing") if sheet.yes(item)]
    if racing and with_it:
        found.append(rule.found(kind="heat", inputs=rule.on(sheet, "sx_heart", *with_it)))
    return tuple(found)


RULE = Rule("U6", 3, Severity.URGENT, _evaluate, immediate=True, screen=Screen.EMERGENCY)
