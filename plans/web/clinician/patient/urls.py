"""Addresses of one patient: record, care, visits, check-ins, items and history."""

from __future__ import annotations

from django.urls import path

from plans.web.addresses import PATIENT_FILES
from plans.web.clinician.patient import (
    care,
    consents,
    copies,
    files,
    history,
    letters,
    links,
    merging,
    moves,
    owner,
    phone_checkin,
    record,
    thresholds,
    views,
    visits,
    why,
)

urlpatterns = [
    path("patients/new", record.patient_new, name="patient-new"),
    path("patients/<uuid:patient_id>", views.patient_page, name="patient"),
    path("patients/<uuid:patient_id>/why", why.why_page, name="record-why"),
    path("patients/<uuid:patient_id>/edit", record.patient_edit, name="patient-edit"),
    path("patients/<uuid:patient_id>/care", care.patient_care, name="patient-care"),
    path("patients/<uuid:patient_id>/care/ask", care.care_ask, name="patient-care-ask"),
    path("patients/<uuid:patient_id>/care/correct", care.care_correct, name="patient-care-correct"),
    path("patients/<uuid:patient_id>/owner", owner.patient_owner, name="patient-owner"),
    path("patients/<uuid:patient_id>/move", moves.patient_move, name="patient-move"),
    path("patients/<uuid:patient_id>/history", views.history_page, name="history"),
    path("patients/<uuid:patient_id>/looks", views.looks_page, name="patient-looks"),
    path("patients/<uuid:patient_id>/checkins", history.checkins_page, name="patient-checkins"),
    path("patients/<uuid:patient_id>/reviews", history.items_page, name="patient-reviews"),
    path("patients/<uuid:patient_id>/letters", letters.letters_page, name="patient-letters"),
    path("patients/<uuid:patient_id>/letters/new", letters.letter_new, name="letter-new"),
    path("letters/<uuid:letter_id>", letters.letter_page, name="letter"),
    path("patients/<uuid:patient_id>/visits", visits.visits_page, name="patient-visits"),
    path("patients/<uuid:patient_id>/visits/plan", visits.visit_add, name="patient-visit-add"),
    path(
        "patients/<uuid:patient_id>/visits/<uuid:visit_id>/remove",
        visits.visit_remove,
        name="patient-visit-remove",
    ),
    path("patients/<uuid:patient_id>/thresholds", thresholds.patient_thresholds, name="patient-thresholds"),
    path("patients/<uuid:patient_id>/links", links.links_page, name="patient-links"),
    path("patients/<uuid:patient_id>/unlock", views.unlock, name="patient-unlock"),
    path("patients/<uuid:patient_id>/checkin", phone_checkin.phone_checkin, name="phone-checkin"),
    path("patients/<uuid:patient_id>/file", files.patient_file, name="patient-file"),
    path("patients/<uuid:patient_id>/consents", consents.patient_consents, name="patient-consents"),
    path("patients/<uuid:patient_id>/merge", merging.patient_merge, name="patient-merge"),
    path("patients/<uuid:patient_id>/copy", copies.patient_copy, name="patient-copy"),
    path(PATIENT_FILES.removeprefix("/"), files.files_page, name="patient-files"),
    path("patient-files/<uuid:file_id>", files.file_page, name="patient-file-read"),
    path(
        "patient-files/<uuid:file_id>/documents/<int:number>",
        files.file_document,
        name="patient-file-document",
    ),
    path("moves", moves.moves_page, name="moves"),
    path("moves/<uuid:move_id>", moves.move_page, name="move"),
    path("checkins/<uuid:checkin_id>", phone_checkin.response_page, name="response"),
]
