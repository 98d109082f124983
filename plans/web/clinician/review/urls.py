"""Addresses of the queue and of items."""

from __future__ import annotations

from django.urls import path

from plans.web.clinician.review import acts, views

urlpatterns = [
    path("queue", views.queue_page, name="queue"),
    path("queue/fresh", views.queue_fresh, name="queue-fresh"),
    path("queue/next", acts.take_next, name="queue-next"),
    path("items/<uuid:item_id>", views.item_view, name="item"),
    path("items/<uuid:item_id>/claim", acts.claim, name="item-claim"),
    path("items/<uuid:item_id>/release", acts.release, name="item-release"),
    path("items/<uuid:item_id>/call", acts.log_call, name="item-call"),
    path("items/<uuid:item_id>/note", acts.add_note, name="item-note"),
    path("items/<uuid:item_id>/escalate", acts.escalate, name="item-escalate"),
    path("items/<uuid:item_id>/pass", acts.pass_on, name="item-pass"),
    path("items/<uuid:item_id>/snooze", acts.snooze, name="item-snooze"),
    path("items/<uuid:item_id>/resolve", acts.resolve, name="item-resolve"),
    path("items/<uuid:item_id>/checkin", acts.ask_checkin, name="item-checkin"),
    path("items/<uuid:item_id>/plan", acts.change_plan, name="item-plan"),
    path("items/<uuid:item_id>/preview", acts.preview, name="item-preview"),
]
