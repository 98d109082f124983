"""Addresses of patients, of the clinic's settings, and of the trail."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from plans.web.clinician import (
    advice,
    audit,
    care,
    finding,
    history,
    members,
    people,
    people_edit,
    settings,
    settings_facts,
    visits,
)


class Language(StringConverter):
    """The code of a language: nothing else can be written into an address."""

    regex = "[a-z]{2}"


register_converter(Language, "language")

urlpatterns = [
    path("", people.caseload_page, name="caseload"),
    path("find", finding.find, name="find"),
    path("patients/new", people_edit.patient_new, name="patient-new"),
    path("patients/<uuid:patient_id>", people.patient_page, name="patient"),
    path("patients/<uuid:patient_id>/edit", people_edit.patient_edit, name="patient-edit"),
    path("patients/<uuid:patient_id>/care", care.patient_care, name="patient-care"),
    path("patients/<uuid:patient_id>/care/ask", care.care_ask, name="patient-care-ask"),
    path("patients/<uuid:patient_id>/care/correct", care.care_correct, name="patient-care-correct"),
    path("patients/<uuid:patient_id>/trail", audit.trail_page, name="trail"),
    path("patients/<uuid:patient_id>/checkins", history.checkins_page, name="patient-checkins"),
    path("patients/<uuid:patient_id>/reviews", history.items_page, name="patient-reviews"),
    path("patients/<uuid:patient_id>/visits", visits.visits_page, name="patient-visits"),
    path("patients/<uuid:patient_id>/visits/plan", visits.visit_add, name="patient-visit-add"),
    path(
        "patients/<uuid:patient_id>/visits/<uuid:visit_id>/remove",
        visits.visit_remove,
        name="patient-visit-remove",
    ),
    path("settings", settings.settings_page, name="settings"),
    path("settings/clinic", settings_facts.clinic_page, name="settings-clinic"),
    path("settings/advice/<language:language>", advice.advice_page, name="settings-advice"),
    path("settings/people", members.members_page, name="members"),
    path("settings/people/add", members.member_add, name="member-add"),
    path(
        "settings/invitations/<uuid:invitation_id>/cancel",
        members.invitation_withdraw,
        name="invitation-withdraw",
    ),
    path("settings/people/<uuid:user_id>", members.member_page, name="member"),
    path("settings/trail", audit.clinic_trail_page, name="clinic-trail"),
    path("settings/on-call", settings.on_call, name="settings-on-call"),
]
