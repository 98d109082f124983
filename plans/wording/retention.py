"""Words of the nightly retention: what each class holds, and why something stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from plans.domain.rights.retention import DataClass, KeptWhy, Retention

CLASSES: Final[Mapping[DataClass, Promise]] = {
    DataClass.STAFF_SESSIONS: _("Sessions of staff that have ended"),
    DataClass.LIMITS: _("Counts of tries against limits"),
    DataClass.KEPT_FORMS: _("Forms that were refused, kept for who typed them"),
    DataClass.INVITATIONS: _("Invitations to staff, answered or expired"),
    DataClass.REPLY_CODES: _("Reply codes of alerts and tests"),
    DataClass.STAFF_MESSAGES: _("Log of messages to staff"),
    DataClass.DRAWINGS: _("Log of documents that were drawn"),
    DataClass.PATIENT_SESSIONS: _("Sessions of patients that have ended"),
    DataClass.LINKS: _("Patients’ links that have ended, but for those of check-ins and documents"),
    DataClass.DEVICES: _("Known devices whose time is over"),
    DataClass.WRONG_FACTS: _("Wrong codes and years of birth"),
    DataClass.RAW_ANSWERS: _("Copies of answers that could not be saved at once, and were later"),
    DataClass.IMPORTS: _("Uploaded caseloads"),
    DataClass.PATIENT_FILES: _("Uploaded patients’ files that nobody read"),
    DataClass.RECORD_COPIES: _("Copies of whole records"),
    DataClass.REFUSED_DOCUMENTS: _("Documents that failed their check"),
    DataClass.MESSAGE_BODIES: _("What was written in messages"),
    DataClass.PATIENT_MESSAGES: _("Log of messages to patients"),
    DataClass.RECORDS: _("Patients’ records: plans, answers, notes, letters, calls"),
    DataClass.DOCUMENTS: _("Documents as they were issued"),
    DataClass.TRAIL: _("Audit trail, and who looked at records"),
    DataClass.SIGN_IN_FAILURES: _("Failures to sign in"),
}
"""Total over DataClass (tested)."""
KEPT: Final[Mapping[KeptWhy, Promise]] = {
    KeptWhy.RECORD: _("kept with the patient’s record"),
    KeptWhy.LAW: _("kept by law: care ended less than the period ago"),
    KeptWhy.SEALED: _("kept: the trail is sealed, and the application cannot delete from it"),
    KeptWhy.NEVER_STORED: _("never stored: each is written when it is sent"),
    KeptWhy.IN_USE: _("kept: not in the check-in yet"),
    KeptWhy.OPEN_ITEM: _("kept: a review item is open"),
    KeptWhy.LIVE_PLAN: _("kept: a plan is running"),
    KeptWhy.IN_CARE: _("kept: in care here"),
}
"""Total over KeptWhy (tested)."""


def period_words(one: Retention) -> str:
    """How long a class is kept after it has ended."""
    if one.period is None:
        return str(KEPT[one.kept]) if one.kept is not None else ""
    if one.period == timedelta(0):
        return gettext("deleted at once")
    if one.period.days >= 730:
        years = round(one.period.days / 365.25)
        return ngettext("%(n)s year", "%(n)s years", years) % {"n": years}
    return ngettext("%(n)s day", "%(n)s days", one.period.days) % {"n": one.period.days}
