"""Addresses of the patient's plan, of its calendars, and of a printed page's status.

Named pages come before the token, which matches any text.
"""

from __future__ import annotations

from django.urls import path

from plans.web.patient.plan import consents, copy, devices, dose_marks, feed, second_fact, views

urlpatterns = [
    path("p/", views.plan_page, name="plan-page"),
    path("p/calendar", views.calendar_page, name="plan-page-calendar"),
    path("p/calendar.pdf", views.calendar_pdf, name="plan-page-pdf"),
    path("p/mail", views.to_mail, name="plan-page-mail"),
    path("p/fact", second_fact.give_fact, name="plan-page-fact"),
    path("p/consents", consents.consents_page, name="plan-page-consents"),
    path("p/copy", copy.copy_page, name="plan-page-copy"),
    path("p/devices", devices.devices_page, name="plan-page-devices"),
    path("p/about", views.medicine, name="plan-page-medicine"),
    path("p/mark", dose_marks.mark, name="plan-page-mark"),
    path("p/tell", views.to_checkin, name="checkin-from-plan"),
    path("p/feed", feed.feed_page, name="plan-page-feed"),
    path("p/plan.ics", feed.feed_file, name="plan-page-ics"),
    path("p/<str:token>", views.open_plan, name="plan-open"),
    path("f/<str:token>.ics", feed.feed, name="feed"),
    path("q/<str:token>", views.printed, name="printed"),
    path("q/<str:token>/plan", views.to_plan, name="printed-plan"),
]
