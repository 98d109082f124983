"""The caseload as it is read: one row a patient, its places in the lists, how many each list holds, and what changed.

Nothing here is the truth. Every row is computed from the others by `plans.services.caseload.projection`, and may be
thrown away and made again.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from plans.domain.review.calls import NO_WORRY
from plans.models.base import clinical, identifying, operational
from plans.models.people import Clinic, Patient, User


class CaseloadRow(models.Model):
    """What the caseload shows of a patient. Its keys bind no other row: it is written last in every transaction, and
    must not wait for a row that somebody holds who waits for this one.
    """

    patient = models.OneToOneField(
        Patient,
        primary_key=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="caseload_row",
    )
    clinic = models.ForeignKey(
        Clinic, db_constraint=False, db_index=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    owner = models.ForeignKey(
        User, null=True, db_constraint=False, db_index=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    # What names and record numbers are looked for in, folded.
    search = identifying(models.CharField(max_length=280))
    # plans.services.caseload.facts
    facts = clinical(models.JSONField())
    # What the lists sort by; the same as in its entries.
    priority = operational(models.PositiveSmallIntegerField())
    change_on = clinical(models.DateField())
    answer_rank = operational(models.BigIntegerField())
    worry = operational(models.BigIntegerField(db_default=NO_WORRY))
    # Compared by its letters alone, as Python does.
    sort_key = identifying(models.CharField(max_length=220, db_collation="C"))
    # From then on its places in the lists are those of a day gone by.
    stale_at = operational(models.DateTimeField())

    class Meta:
        indexes = (
            models.Index(fields=("clinic", "stale_at"), name="caseload_stale"),
            models.Index(fields=("stale_at",), name="caseload_to_renew"),
            # Words of one or two letters have no trigram: they are looked for in this index alone, without the rows.
            models.Index(fields=("clinic", "search"), include=("patient",), name="caseload_search"),
            GinIndex(fields=("search",), opclasses=("gin_trgm_ops",), name="caseload_trigrams"),
        )

    def __str__(self) -> str:
        return f"CaseloadRow {self.pk}"


class CaseloadEntry(models.Model):
    """The place of a patient in one list. A list is a part of a clinic's caseload, of all drugs or of one."""

    id = operational(models.BigAutoField(primary_key=True))
    # plans.services.caseload.standing.list_key
    list_key = operational(models.UUIDField())
    row = models.ForeignKey(
        CaseloadRow,
        db_column="patient_id",
        db_constraint=False,
        db_index=False,
        on_delete=models.DO_NOTHING,
        related_name="entries",
    )
    # 0 urgent, 1 high, 2 routine, 9 without an open item.
    priority = operational(models.PositiveSmallIntegerField())
    # The last date there is where no change is to come.
    change_on = clinical(models.DateField())
    # Falls as the answers get newer; 0 where there is none.
    answer_rank = operational(models.BigIntegerField())
    # The order in which patients are called (plans.domain.review.calls.CallNeed.order).
    worry = operational(models.BigIntegerField(db_default=NO_WORRY))
    # Compared by its letters alone, as Python does.
    sort_key = identifying(models.CharField(max_length=220, db_collation="C"))

    class Meta:
        constraints = (models.UniqueConstraint(fields=("row", "list_key"), name="caseload_entry_once"),)
        indexes = (
            models.Index(fields=("list_key", "priority", "sort_key", "row"), name="caseload_by_flag"),
            models.Index(fields=("list_key", "sort_key", "row"), name="caseload_by_name"),
            models.Index(fields=("list_key", "change_on", "sort_key", "row"), name="caseload_by_change"),
            models.Index(fields=("list_key", "answer_rank", "sort_key", "row"), name="caseload_by_answer"),
            models.Index(
                fields=("list_key", "worry", "sort_key", "row"),
                condition=models.Q(worry__lt=NO_WORRY),
                name="caseload_by_worry",
            ),
        )

    def __str__(self) -> str:
        return f"CaseloadEntry {self.pk}"


class CaseloadCount(models.Model):
    """How many a list holds: the sum of its rows, which triggers append as entries come and go. Nobody waits for
    anybody to count, and a count cannot differ from what it counts."""

    id = operational(models.BigAutoField(primary_key=True))
    list_key = operational(models.UUIDField())
    n = operational(models.IntegerField())

    class Meta:
        indexes = (models.Index(fields=("list_key",), include=("n",), name="caseload_counts"),)

    def __str__(self) -> str:
        return f"CaseloadCount {self.pk}"


class CaseloadMark(models.Model):
    """A patient of whom something changed that the caseload shows, by a trigger at the row that changed. It is taken
    away in the same transaction, with the row written; one that is left behind is worked off by the tick.
    """

    id = operational(models.BigAutoField(primary_key=True))
    patient = models.ForeignKey(Patient, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+")
    # The transaction that left it.
    transaction = operational(models.BigIntegerField())

    class Meta:
        indexes = (models.Index(fields=("transaction",), name="caseload_mark_of"),)

    def __str__(self) -> str:
        return f"CaseloadMark {self.pk}"
