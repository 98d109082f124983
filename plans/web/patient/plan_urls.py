"""Addresses of the patient's plan, of the mail choices and of the printed page's status."""

from __future__ import annotations

from django.urls import path

from plans.web.clinician.unlock import unlock
from plans.web.patient import feed_pages, mail_pages, onward, plan_pages

urlpatterns = [
    path("p/", plan_pages.plan_page, name="plan-page"),
    path("p/calendar", plan_pages.calendar_page, name="plan-page-calendar"),
    path("p/calendar.pdf", plan_pages.calendar_pdf, name="plan-page-pdf"),
    path("p/mail", onward.to_mail, name="plan-page-mail"),
    path("p/year", plan_pages.birth_year, name="plan-page-year"),
    path("p/feed", feed_pages.feed_page, name="plan-page-feed"),
    path("p/plan.ics", feed_pages.feed_file, name="plan-page-ics"),
    path("p/<str:token>", plan_pages.open_plan, name="plan-open"),
    path("y/", mail_pages.confirm, name="confirm"),
    path("y/<str:token>", mail_pages.open_confirm, name="confirm-open"),
    path("m/", mail_pages.mail, name="mail"),
    path("m/<str:token>", mail_pages.open_mail, name="mail-open"),
    path("f/<str:token>.ics", feed_pages.feed, name="feed"),
    path("q/<str:token>", mail_pages.paper, name="paper"),
    path("q/<str:token>/plan", onward.from_paper, name="paper-plan"),
    path("patients/<uuid:patient_id>/unlock", unlock, name="patient-unlock"),
]
