"""Under which keys something of a patient stands in the trail: their own, and those of records merged into theirs."""

from __future__ import annotations

from uuid import UUID

from plans.models import PatientMerge


def keys_of(patient_id: UUID) -> tuple[UUID, ...]:
    """The patient's key first; for services. What was done before a merge stays where it was written."""
    merged = PatientMerge.objects.filter(patient_id=patient_id, undone_at=None)
    return (patient_id, *merged.order_by("at").values_list("merged_id", flat=True))
