"""Words of a copy of everything kept about a patient: the titles of its parts, and why something is not in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.documents.calendar import entries, last_shown_day
from plans.domain.documents.words import Words
from plans.domain.errors import Refused
from plans.domain.taper.schedule import Schedule

PARTS: Final[Mapping[str, Promise]] = {
    "person": _("Who you are"),
    "plans": _("Plans"),
    "versions": _("The steps of each plan, as they were issued"),
    "proposals": _("Plans that waited for a second signature"),
    "taken_doses": _("Doses that were taken otherwise than planned"),
    "dose_marks": _("Doses that you ticked"),
    "dispensed": _("Medicine that a pharmacist handed out"),
    "occasions": _("Check-ins that were planned"),
    "responses": _("Your answers"),
    "saved_answers": _("Every saved state of your answers"),
    "raw_answers": _("Answers that could not be saved at once"),
    "flags": _("What the rules found in your answers"),
    "review_items": _("What your care team reviewed"),
    "review_events": _("What your care team did"),
    "calls": _("Calls"),
    "visits": _("Visits"),
    "consents": _("What you consented to"),
    "care_changes": _("Changes of your care"),
    "moves": _("Offers of your care to another clinic"),
    "merges": _("Records of yours that were merged"),
    "letters": _("Letters"),
    "messages": _("Messages, alerts and documents that were made"),
    "documents": _("Documents"),
    "files": _("Files that came from another clinic"),
    "links": _("Links"),
    "devices": _("Phones and computers that we know"),
    "code": _("Your own code (not the code itself)"),
    "copies": _("Copies of your record"),
    "openings": _("Why your record was opened"),
    "history": _("Everything that was done"),
    "looks": _("Who looked at your record"),
}
"""Total over the parts of a copy (tested)."""
LEFT_OUT: Final[Mapping[str, Promise]] = {
    "projection": _("It repeats what stands elsewhere in this copy."),
    "moment": _("It is kept for minutes or hours only, to keep the service running."),
    "secret": _("It opens your pages. Nobody is shown it, so that it cannot be misused."),
    "others": _("It is about other patients as well."),
    "unsent": _("It was typed by staff and never saved."),
    "confidence": _(
        "Somebody else told us this in confidence. The law lets us leave it out (45 CFR 164.524(a)(2)(v); GDPR "
        "article 15(4)). Ask us if you want this looked at again."
    ),
    "missing": _("The file could not be read. Ask us for it."),
    "none_kept": _("This service keeps no psychotherapy notes apart from the record, so none was left out."),
}
COLUMNS: Final = (_("When"), _("What"), _("Who"))
NOTES: Final[Mapping[str, Promise]] = {
    "taken_doses": _("Dose taken otherwise: what somebody else said"),
    "review_events": _("Note on a call to somebody else"),
}
_REFUSALS: Final[Mapping[str, Promise]] = {
    "not_ready": _("The copy is not finished yet."),
    "copy_gone": _("This copy was deleted. Ask for a new one."),
    "unconfirmed": _(
        "The patient has no confirmed e-mail address, or stopped messages. Give the file by hand."
    ),
    "no_page": _("The patient has no page with a running plan to fetch it from. Give the file by hand."),
    "asked_often": _("The clinic has your request already."),
}


def copy_refusal(refusal: Refused) -> str:
    """The sentence for something that cannot be done with a copy."""
    return str(_REFUSALS[str(refusal.facts["reason"])])


def step_lines(schedule: Schedule, words: Words) -> Iterator[str]:
    """The steps of a version as lines: "1 to 14 December 2026: clonazepam 0.5 mg in the morning"."""
    for step in schedule:
        if step.start > last_shown_day(schedule):
            return
        said = []
        for entry in entries(schedule, step):
            dose = words.mg(entry.dose) if entry.dose else words.say("no_dose")
            named = words.say("drug_named", drug=entry.slot.drug, product=dose)
            said.append(words.say("take_at", pieces=named, time=words.when(entry.slot.time, entry.weekdays)))
        yield f"{words.span(step.start, step.end, year=True)}: {words.listed(said)}"


def head_words(name: str, clinic: str, day: str) -> Mapping[str, str]:
    """The sentences at the head of the readable page."""
    facts = {"name": name, "clinic": clinic, "day": day}
    return {
        "title": gettext("Everything kept about %(name)s") % facts,
        "made": gettext("Made on %(day)s by %(clinic)s.") % facts,
        "what": gettext(
            "This page is for reading. The file record.json beside it has the same for computers, and more detail; "
            "record.schema.json says what each field means. Documents are in the folder documents."
        ),
        "others": gettext("Whoever has this file can read all of it. Keep it in a safe place."),
        "contents": gettext("Contents"),
        "left_out": gettext("What is not in this copy, and why"),
        "none": gettext("Nothing."),
        "only_json": gettext("This part is in record.json only."),
        "withheld": gettext("(left out: said in confidence)"),
    }
