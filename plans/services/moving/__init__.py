"""Moves of patients between the clinics of an installation.

    move_id = offer(by=doctor, patient_id=…, to_id=…, note="Moved to the coast.")       # nothing moves yet
    accept(by=colleague, move_id=move_id, record_no="C-17", zone="America/Chicago")     # everything does

`offers` has the acts and what each clinic sees of an offer, `following` takes the patient's rows along, and `kept` is
what stays with the clinic that gave the patient away: its own trail, the versions that it issued, and a copy of plans
and answers as they were then. See ADR 19.
"""

from __future__ import annotations

from plans.services.moving.kept import KeptRecord, export_kept, kept_record
from plans.services.moving.offers import (
    MoveView,
    accept,
    decline,
    lapse,
    move,
    offer,
    offer_of,
    offered_here,
    offers_made,
    take_back,
)

__all__ = [
    "KeptRecord",
    "MoveView",
    "accept",
    "decline",
    "export_kept",
    "kept_record",
    "lapse",
    "move",
    "offer",
    "offer_of",
    "offered_here",
    "offers_made",
    "take_back",
]
