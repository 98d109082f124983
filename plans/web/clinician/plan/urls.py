"""Addresses of plans: the form, the plan, its changes, its documents."""

from __future__ import annotations

from django.urls import path

from plans.web.clinician.plan import (
    calendar,
    change,
    compare,
    day,
    documents,
    draft,
    going_on,
    proposal,
    record,
    review_date,
    taken_dose,
    together,
    views,
    visit,
)

urlpatterns = [
    path("patients/<uuid:patient_id>/plan/new", draft.plan_new, name="plan-new"),
    path("patients/<uuid:patient_id>/plan/preview", draft.plan_preview, name="plan-preview"),
    path("patients/<uuid:patient_id>/plan/options", together.plan_options, name="plan-options"),
    path("plans/<uuid:plan_id>", views.plan_page, name="plan"),
    path("plans/<uuid:plan_id>/day", day.plan_day, name="plan-day"),
    path("plans/<uuid:plan_id>/taken", taken_dose.taken_dose, name="plan-taken"),
    path("plans/<uuid:plan_id>/taken/again", taken_dose.taken_again, name="plan-taken-again"),
    path("plans/<uuid:plan_id>/go-on", going_on.plan_go_on, name="plan-go-on"),
    path("plans/<uuid:plan_id>/change", change.plan_change, name="plan-change"),
    path("proposals/<uuid:proposal_id>", proposal.proposal, name="proposal"),
    path("plans/<uuid:plan_id>/review-date", review_date.review_date, name="plan-review-date"),
    path("plans/<uuid:plan_id>/compare", compare.plan_compare, name="plan-compare"),
    path("plans/<uuid:plan_id>/record", record.plan_record, name="plan-record"),
    path("plans/<uuid:plan_id>/visit", visit.plan_visit, name="plan-visit"),
    path("plans/<uuid:plan_id>/calendar", calendar.plan_calendar, name="plan-calendar"),
    path("plans/<uuid:plan_id>/documents", documents.plan_documents, name="plan-documents"),
    path("documents", documents.clinic_documents, name="documents"),
    path("documents/run", documents.clinic_documents_run, name="documents-run"),
    path("documents/<uuid:document_id>", documents.document, name="document"),
    path("documents/<uuid:document_id>/state", documents.document_state, name="document-state"),
]
