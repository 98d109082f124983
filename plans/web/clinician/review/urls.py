"""Addresses of the queue and of items."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from plans.services.figures_export import FiguresTable
from plans.web.clinician.review import acts, figures, together, views


class FiguresName(StringConverter):
    """A table of How well we do; anything else is no address."""

    regex = "|".join(FiguresTable)


register_converter(FiguresName, "figures_name")

urlpatterns = [
    path("queue", views.queue_page, name="queue"),
    path("queue/fresh", views.queue_fresh, name="queue-fresh"),
    path("queue/next", acts.take_next, name="queue-next"),
    path("queue/figures", figures.figures_page, name="figures"),
    path("queue/figures/<figures_name:table>.csv", figures.figures_csv, name="figures-csv"),
    path("queue/end", together.end, name="queue-end"),
    path("queue/undo", together.undo, name="queue-undo"),
    path("items/<uuid:item_id>", views.item_view, name="item"),
    path("items/<uuid:item_id>/claim", acts.claim, name="item-claim"),
    path("items/<uuid:item_id>/release", acts.release, name="item-release"),
    path("items/<uuid:item_id>/call", acts.log_call, name="item-call"),
    path("items/<uuid:item_id>/note", acts.add_note, name="item-note"),
    path("items/<uuid:item_id>/escalate", acts.escalate, name="item-escalate"),
    path("items/<uuid:item_id>/pass", acts.pass_on, name="item-pass"),
    path("items/<uuid:item_id>/take-over", acts.take_over, name="item-take-over"),
    path("items/<uuid:item_id>/snooze", acts.snooze, name="item-snooze"),
    path("items/<uuid:item_id>/wait", acts.wait, name="item-wait"),
    path("items/<uuid:item_id>/resolve", acts.resolve, name="item-resolve"),
    path("items/<uuid:item_id>/checkin", acts.ask_checkin, name="item-checkin"),
    path("items/<uuid:item_id>/plan", acts.change_plan, name="item-plan"),
    path("items/<uuid:item_id>/preview", acts.preview, name="item-preview"),
]
