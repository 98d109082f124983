"""Plans of a clinic: the form, the plan, its changes, its papers."""

from __future__ import annotations

from django.urls import URLPattern, path

from plans.web.clinician import (
    going_on,
    papers,
    plan_calendar,
    plan_compare,
    plan_documents,
    plan_pages,
    plan_review_date,
    plan_revise,
    plan_view,
    taken_dose,
)

urlpatterns: list[URLPattern] = [
    path("patients/<uuid:patient_id>/plan/new", plan_pages.plan_new, name="plan-new"),
    path("patients/<uuid:patient_id>/plan/preview", plan_pages.plan_preview, name="plan-preview"),
    path("plans/<uuid:plan_id>", plan_view.plan_page, name="plan"),
    path("plans/<uuid:plan_id>/taken", taken_dose.taken_dose, name="plan-taken"),
    path("plans/<uuid:plan_id>/taken/again", taken_dose.taken_again, name="plan-taken-again"),
    path("plans/<uuid:plan_id>/go-on", going_on.plan_go_on, name="plan-go-on"),
    path("plans/<uuid:plan_id>/change", plan_revise.plan_revise, name="plan-revise"),
    path("plans/<uuid:plan_id>/review-date", plan_review_date.review_date, name="plan-review-date"),
    path("plans/<uuid:plan_id>/compare", plan_compare.plan_compare, name="plan-compare"),
    path("plans/<uuid:plan_id>/calendar", plan_calendar.plan_calendar, name="plan-calendar"),
    path("plans/<uuid:plan_id>/papers", papers.plan_papers, name="plan-papers"),
    path("papers", papers.clinic_papers, name="papers"),
    path("papers/run", papers.clinic_papers_run, name="papers-run"),
    path("documents/<uuid:document_id>", plan_documents.document, name="document"),
    path("documents/<uuid:document_id>/state", plan_documents.document_state, name="document-state"),
]
