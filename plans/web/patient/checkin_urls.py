"""Addresses of check-ins: the patient's, and staff's entry by phone."""

from __future__ import annotations

from django.urls import URLPattern, path

from plans.web.clinician import phone_checkin, questions, rules
from plans.web.patient import checkin_pages, dose_marks, help_pages, medicine, onward

urlpatterns: list[URLPattern] = [
    path("help/<slug:country>/<slug:language>", help_pages.help_page, name="help"),
    path("help/<slug:country>", help_pages.help_in_any_language, name="help-any-language"),
    path("c/", checkin_pages.checkin, name="checkin"),
    path("c/now", checkin_pages.checkin_now, name="checkin-now"),
    path("c/help", help_pages.checkin_help, name="checkin-help"),
    path("c/stop", checkin_pages.stop_for_now, name="checkin-stop"),
    path("c/told", checkin_pages.told_before, name="checkin-told"),
    path("c/plan", onward.to_plan, name="checkin-plan"),
    path("c/about", medicine.medicine_of_kind, name="checkin-medicine"),
    path("c/<str:token>", checkin_pages.open_checkin, name="checkin-open"),
    path("p/about", medicine.medicine, name="plan-page-medicine"),
    path("p/mark", dose_marks.mark, name="plan-page-mark"),
    path("p/tell", onward.to_checkin, name="checkin-from-plan"),
    path("patients/<uuid:patient_id>/checkin", phone_checkin.phone_checkin, name="phone-checkin"),
    path("settings/rules", rules.rules_page, name="rules"),
    path("settings/rules/try", rules.rules_try, name="rules-try"),
    path("settings/rules/save", rules.rules_save, name="rules-save"),
    path("settings/rules/sign", rules.rules_sign, name="rules-sign"),
    path("settings/questions", questions.questions_page, name="questions"),
    path("settings/questions/new", questions.question_new, name="question-new"),
    path("settings/questions/<uuid:question_id>", questions.question_page, name="question"),
    path("settings/questions/<uuid:question_id>/change", questions.question_change, name="question-change"),
    path("settings/questions/<uuid:question_id>/stop", questions.question_stop, name="question-stop"),
    path("settings/questions/<uuid:question_id>/again", questions.question_again, name="question-again"),
    path("patients/<uuid:patient_id>/thresholds", rules.patient_thresholds, name="patient-thresholds"),
    path("checkins/<uuid:checkin_id>", phone_checkin.sheet, name="sheet"),
]
