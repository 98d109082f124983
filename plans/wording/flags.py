"""Flags in words: for each rule one row with its title (what it looks for) and its sentence (why it fired).

A sentence is made of the facts kept with the flag.

A number that a clinic can set is one of the facts, so a sentence shows the setting at the time the rule fired. Flags
from before these facts were kept (0.1.0) have sentences without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from plans.domain.checkins import instrument_file
from plans.domain.checkins.instrument import said
from plans.domain.json import Facts


@dataclass(frozen=True, slots=True)
class FlagWords:
    """The words of one rule. `title` is shown in the settings and beside the rule's code; `sentence` in the queue."""

    title: Promise
    sentence: Callable[[Facts], str]


def flag_title(rule: str) -> str:
    """What a rule looks for; the bare code of a rule that no longer exists."""
    words = WORDS.get(rule)
    return str(words.title) if words is not None else rule


def flag_sentence(rule: str, facts: Facts) -> str:
    """The sentence of a flag; it names the code of a rule that no longer exists."""
    words = WORDS.get(rule)
    return words.sentence(facts) if words is not None else _("Rule %(rule)s fired.") % {"rule": rule}


def item_name(code: str) -> str:
    """What an item asks, in the reader's language; the code itself for one no longer shipped."""
    language = (get_language() or "en").split("-")[0]
    asking = [one for one in instrument_file.shipped().values() if code in one.items]
    if not asking:
        return code
    return said(max(asking, key=lambda one: one.version).items[code].texts, language)


# Any: a list of codes as the facts of a flag hold it.
def _names(codes: Any) -> str:
    return "; ".join(item_name(str(code)) for code in codes)


def _suicidal(facts: Facts) -> str:
    kind = facts.get("kind")
    if kind == "plan":
        return _("Said yes to thoughts of suicide or self-harm, and yes to having a plan.")
    if kind == "intent":
        return _("Said yes to thoughts of suicide or self-harm, and might act on them.")
    if kind == "prepared":
        return _("Said yes to thoughts of suicide or self-harm, and has prepared or tried.")
    if kind == "item_9":
        return _("PHQ-9 item nine (better off dead, or hurting yourself): %(level)s of 3.") % {
            "level": facts.get("level")
        }
    return _("Said yes to thoughts of suicide or self-harm. Plan, intent and preparation are not known.")


def _passive(facts: Facts) -> str:
    if facts.get("kind") == "item_9":
        return _("PHQ-9 item nine (better off dead, or hurting yourself): 1 of 3.")
    return _("Said yes to thoughts of suicide or self-harm, no to plan, intent and preparation.")


def _stopped(facts: Facts) -> str:
    if facts.get("kind") == "none":
        return _("Took no doses at all in the last 7 days.")
    return _("Stopped the medicine all at once, or ran out.")


def _breathing(facts: Facts) -> str:
    if facts.get("kind") == "mix" and "severe_from" not in facts:
        return _("Severe sleepiness together with an opioid, kratom or heavy drinking.")
    if facts.get("kind") == "mix":
        text = _(
            "Severe sleepiness (%(severe_from)s of 4 or more) together with an opioid, kratom or heavy drinking "
            "(%(heavy_from)s drinks a day or more)."
        )
        return text % facts
    return _("Very hard to wake, or slow or weak breathing.")


def _pregnant(facts: Facts) -> str:
    named = {**facts, "items": _names(facts.get("items", ()))}
    if "severe_from" not in facts:
        return _("Pregnant, with severe withdrawal: %(items)s.") % named
    return _("Pregnant, with severe withdrawal (%(severe_from)s of 4 or more): %(items)s.") % named


def _heart(facts: Facts) -> str:
    if facts.get("kind") == "heat":
        return _("Very severe sweating or racing heart with fever, vomiting or confusion.")
    return _("Chest pain.")


def _low_mood(facts: Facts) -> str:
    if facts.get("why") == "rise":
        return _("PHQ-9 up %(rise)s to %(total)s of 27.") % facts
    if facts.get("why") == "affective":
        return _("PHQ-9 %(total)s of 27; its cognitive-affective part is up %(rise)s.") % facts
    if "reviewed_days" not in facts:
        return _("PHQ-9 %(total)s of 27, new or not reviewed lately.") % facts
    return _("PHQ-9 %(total)s of 27, new or not reviewed in %(reviewed_days)s days.") % facts


def _worry(facts: Facts) -> str:
    text = (
        _("GAD-7 up %(rise)s to %(total)s of 21.")
        if facts.get("why") == "rise"
        else _("GAD-7 %(total)s of 21.")
    )
    if not facts.get("reliable"):
        return text % facts
    if "reliable_from" not in facts:
        return text % facts + " " + _("The change is larger than chance.")
    return (text + " " + _("The change is larger than chance (%(reliable_from)s or more).")) % facts


def _symptom(facts: Facts) -> str:
    parts = []
    for one in facts.get("items", ()):
        named = {"item": item_name(one["item"]), "now": one["now"], "was": one["was"]}
        parts.append(
            _("%(item)s: %(now)s of 4") % named
            if one["was"] is None
            else _("%(item)s: %(was)s to %(now)s of 4") % named
        )
    return "; ".join(parts) + "."


def _asks(facts: Facts) -> str:
    if facts.get("today") and facts.get("worse"):
        return _("Asks for contact today, and is much worse than last week.")
    return _("Asks for contact today.") if facts.get("today") else _("Much worse than last week.")


def _substances(facts: Facts) -> str:
    words = {
        "opioid": _("new opioid"),
        "kratom": _("new kratom"),
        "other": _("something else to calm, sleep or get high"),
    }
    parts = [words[code] for code in facts.get("new", ()) if code in words]
    if facts.get("drinks_a_week"):
        parts.append(_("%(drinks)s drinks a week") % {"drinks": facts["drinks_a_week"]})
    return _("Also takes: %(what)s.") % {"what": ", ".join(parts)}


def _doses(facts: Facts) -> str:
    if facts.get("why") == "extra":
        return _("Took more than planned.")
    if facts.get("why") == "half":
        return _("Took less than half of the planned doses.")
    days = int(facts.get("days") or 0)
    if facts.get("why") == "marked":
        return ngettext(
            "Ticked something other than planned on %(days)s day of a week.",
            "Ticked something other than planned on %(days)s days of a week.",
            days,
        ) % {"days": days}
    return ngettext(
        "Took less than planned on %(days)s day.", "Took less than planned on %(days)s days.", days
    ) % {"days": days}


def _withheld(facts: Facts) -> str:
    if facts.get("kind") == "abandoned":
        return _("Left the questionnaire after a worrying safety answer: %(items)s") % {
            "items": _names(facts.get("items", ()))
        }
    return _("Would rather not say: %(items)s") % {"items": _names(facts.get("items", ()))}


def _short(facts: Facts) -> str:
    names = {"phq2": "PHQ-2", "gad2": "GAD-2", "phq9": "PHQ-9", "gad7": "GAD-7"}
    tops = {"phq2": 6, "gad2": 6, "phq9": 27, "gad7": 21}
    return (
        ", ".join(
            _("%(scale)s %(total)s of %(top)s") % {"scale": names[scale], "total": total, "top": tops[scale]}
            for scale, total in facts.get("totals", {}).items()
        )
        + "."
    )


def _numb(facts: Facts) -> str:
    named = {**facts, "items": _names(facts.get("items", ()))}
    text = (
        _("Severe: %(items)s.")
        if "severe_from" not in facts
        else _("Severe (%(severe_from)s of 4 or more): %(items)s.")
    )
    text %= named
    return text + " " + _("This was also so last time.") if facts.get("running") else text


def _sleep(facts: Facts) -> str:
    if "severe_from" not in facts:
        return _("Severe trouble sleeping on two check-ins running.")
    return _("Severe trouble sleeping (%(severe_from)s of 4 or more) on two check-ins running.") % facts


def _words(facts: Facts) -> str:
    if facts.get("about") == "suicide":
        return _("Free text contains words about suicide or self-harm. Read it.")
    return _("Free text contains words about danger. Read it.")


def _wanted(facts: Facts) -> str:
    if facts.get("week") and facts.get("question"):
        return _("Asks for contact this week, and for an answer before the next visit.")
    return (
        _("Asks for contact this week.")
        if facts.get("week")
        else _("Asks for an answer before the next visit.")
    )


def _missed(facts: Facts) -> str:
    if facts.get("begun"):
        return _("Began a check-in and left it unfinished.")
    count = int(facts.get("in_a_row") or 1)
    return ngettext("%(n)s check-in missed.", "%(n)s check-ins missed in a row.", count) % {"n": count}


WORDS: Final[Mapping[str, FlagWords]] = {
    "U1": FlagWords(
        lazy("A fit, seizure or blackout"),
        lambda f: _("A fit, seizure or blackout."),
    ),
    "U2": FlagWords(
        lazy("Seeing or hearing things, sure of being harmed, or very confused"),
        lambda f: (
            _("Felt sure that people were out to harm them.")
            if f.get("kind") == "threat"
            else _("Saw or heard things others did not, or was very confused.")
        ),
    ),
    "U3": FlagWords(
        lazy("Thoughts of suicide or self-harm with plan, intent or preparation; item nine at 2 or 3"),
        _suicidal,
    ),
    "U4": FlagWords(
        lazy("Stopped all at once, or ran out"),
        _stopped,
    ),
    "U5": FlagWords(
        lazy("Hard to wake or slow breathing; or a mix with severe sleepiness"),
        _breathing,
    ),
    "U6": FlagWords(
        lazy("Chest pain; or a racing heart with fever, vomiting or confusion"),
        _heart,
    ),
    "U7": FlagWords(
        lazy("Pregnant, with severe withdrawal"),
        _pregnant,
    ),
    "W1": FlagWords(
        lazy("Words of danger in free text"),
        _words,
    ),
    "H1": FlagWords(
        lazy("PHQ-9 high or rising"),
        _low_mood,
    ),
    "H2": FlagWords(
        lazy("GAD-7 high or rising"),
        _worry,
    ),
    "H3": FlagWords(
        lazy("A symptom very severe or worsening"),
        _symptom,
    ),
    "H4": FlagWords(
        lazy("Asks for contact today, or much worse"),
        _asks,
    ),
    "H5": FlagWords(
        lazy("New opioid or kratom, another sedative, or drinking over the limit"),
        _substances,
    ),
    "H6": FlagWords(
        lazy("Extra doses, less than half, or days missed"),
        _doses,
    ),
    "H7": FlagWords(
        lazy("A fall, an accident or a near miss"),
        lambda f: _("A fall, an accident or a near miss."),
    ),
    "H8": FlagWords(
        lazy("Thoughts without plan, intent or preparation; item nine at 1"),
        _passive,
    ),
    "H9": FlagWords(
        lazy("Missed a check-in, or left it unfinished, under close watch"),
        lambda f: (
            _("Left a check-in unfinished under close watch.")
            if f.get("begun")
            else _("Missed a check-in under close watch.")
        ),
    ),
    "H10": FlagWords(
        lazy("Would rather not say, or left after a worrying safety answer"),
        _withheld,
    ),
    "H11": FlagWords(
        lazy("An antidepressant started, stopped or changed"),
        lambda f: (
            _("An antidepressant was started, stopped or changed.")
            if f.get("sure", True)
            else _("A medicine was changed; the patient is not sure whether it is an antidepressant.")
        ),
    ),
    "M2": FlagWords(
        lazy("Two check-ins missed in a row"),
        _missed,
    ),
    "M4": FlagWords(
        lazy("Four check-ins missed in a row"),
        lambda f: _missed(f) + " " + _("Messages are stopped: phone the patient."),
    ),
    "R1": FlagWords(
        lazy("PHQ-2 or GAD-2 positive"),
        _short,
    ),
    "R2": FlagWords(
        lazy("PHQ-9 or GAD-7 in the middle band, not rising"),
        _short,
    ),
    "R3": FlagWords(
        lazy("Numbness, loss of motivation or mood swings severe"),
        _numb,
    ),
    "R4": FlagWords(
        lazy("Poor sleep on two check-ins running"),
        _sleep,
    ),
    "R5": FlagWords(
        lazy("One check-in missed or left unfinished"),
        _missed,
    ),
    "R7": FlagWords(
        lazy("Left a comment"),
        lambda f: _("Left a comment."),
    ),
    "R8": FlagWords(
        lazy("PHQ-9 better"),
        lambda f: _("PHQ-9 down %(fall)s to %(total)s of 27.") % f,
    ),
    "R9": FlagWords(
        lazy("Asks for contact this week, or for an answer"),
        _wanted,
    ),
    "X0": FlagWords(
        lazy("A rule could not be evaluated"),
        lambda f: (
            _("The answers could not be scored: PHQ and GAD have no totals. Read the answers.")
            if f.get("rule") == "scoring"
            else _("Rule %(rule)s could not be evaluated. Read the answers.") % {"rule": f.get("rule", "")}
        ),
    ),
}
