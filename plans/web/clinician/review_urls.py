"""Addresses of the queue and of items."""

from __future__ import annotations

from django.urls import path

from plans.web.clinician import review, review_acts

urlpatterns = [
    path("queue", review.queue_page, name="queue"),
    path("queue/fresh", review.queue_fresh, name="queue-fresh"),
    path("queue/next", review_acts.take_next, name="queue-next"),
    path("items/<uuid:item_id>", review.item_view, name="item"),
    path("items/<uuid:item_id>/claim", review_acts.claim, name="item-claim"),
    path("items/<uuid:item_id>/release", review_acts.release, name="item-release"),
    path("items/<uuid:item_id>/call", review_acts.log_call, name="item-call"),
    path("items/<uuid:item_id>/note", review_acts.add_note, name="item-note"),
    path("items/<uuid:item_id>/escalate", review_acts.escalate, name="item-escalate"),
    path("items/<uuid:item_id>/pass", review_acts.pass_on, name="item-pass"),
    path("items/<uuid:item_id>/snooze", review_acts.snooze, name="item-snooze"),
    path("items/<uuid:item_id>/resolve", review_acts.resolve, name="item-resolve"),
    path("items/<uuid:item_id>/checkin", review_acts.ask_checkin, name="item-checkin"),
    path("items/<uuid:item_id>/plan", review_acts.change_plan, name="item-plan"),
    path("items/<uuid:item_id>/preview", review_acts.preview, name="item-preview"),
]
