"""Addresses of the clinic's settings: its facts, formulary, members, rota, advice, catalogue, rules and questions."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from plans.domain.taper.catalogue import names as catalogue_names
from plans.web.clinician.settings import (
    advice,
    catalogue,
    clinic_facts,
    close_watch,
    defaults,
    downtime,
    formulary,
    hand_overs,
    leaving,
    letters,
    members,
    openings,
    part2,
    questions,
    reached,
    refused_tries,
    retention,
    rota,
    rota_feeds,
    rota_services,
    rota_shifts,
    rules,
    second_facts,
    second_step,
    signing,
    templates,
    trail,
    views,
)


class Language(StringConverter):
    """A language code; anything else is no address."""

    regex = "[a-z]{2}"


class CatalogueName(StringConverter):
    """A drug of the catalogue; anything else is no address."""

    regex = "|".join(catalogue_names())


register_converter(Language, "language")
register_converter(CatalogueName, "catalogue_name")

urlpatterns = [
    path("settings", views.settings_page, name="settings"),
    path("settings/clinic", clinic_facts.clinic_page, name="settings-clinic"),
    path("settings/formulary", formulary.formulary_page, name="settings-formulary"),
    path("settings/defaults", defaults.defaults_page, name="settings-defaults"),
    path("settings/signing", signing.signing_page, name="settings-signing"),
    path("settings/second-step", second_step.policy_page, name="settings-second-step"),
    path("settings/letters", letters.letters_page, name="settings-letters"),
    path("settings/templates", templates.templates_page, name="settings-templates"),
    path("settings/advice/<language:language>", advice.advice_page, name="settings-advice"),
    path("settings/catalogue", catalogue.catalogue_page, name="catalogue"),
    path("settings/catalogue/<catalogue_name:name>", catalogue.catalogue_drug, name="catalogue-drug"),
    path("settings/catalogue/<catalogue_name:name>/sign", catalogue.catalogue_sign, name="catalogue-sign"),
    path("settings/people", members.members_page, name="members"),
    path("settings/people/add", members.member_add, name="member-add"),
    path(
        "settings/invitations/<uuid:invitation_id>/cancel",
        members.invitation_withdraw,
        name="invitation-withdraw",
    ),
    path("settings/people/<uuid:user_id>", members.member_page, name="member"),
    path("settings/people/<uuid:user_id>/second-step", second_step.reset_page, name="member-second-step"),
    path("settings/people/<uuid:user_id>/leave", leaving.leave_page, name="member-leave"),
    path("settings/downtime", downtime.downtime_page, name="downtime"),
    path("settings/part2", part2.part2_page, name="settings-part2"),
    path("settings/retention", retention.retention_page, name="retention"),
    path("installation/retention", retention.installation_retention, name="installation-retention"),
    path("installation/refused", refused_tries.refused_tries_page, name="refused-tries"),
    path("settings/openings", openings.openings_page, name="openings"),
    path("settings/history", views.clinic_history_page, name="clinic-history"),
    path("settings/trail", trail.trail_page, name="trail"),
    path("settings/reached", reached.channels_page, name="channels"),
    path("settings/reached/add", reached.channel_add, name="channel-add"),
    path("settings/reached/test", reached.channels_test, name="channels-test"),
    path("settings/reached/daily", reached.channels_daily, name="channels-daily"),
    path("settings/reached/<uuid:channel_id>/confirm", reached.channel_confirm, name="channel-confirm"),
    path("settings/reached/<uuid:channel_id>/code", reached.channel_code, name="channel-code"),
    path("settings/reached/<uuid:channel_id>/hours", reached.channel_hours, name="channel-hours"),
    path("settings/reached/<uuid:channel_id>/up", reached.channel_up, name="channel-up"),
    path("settings/reached/<uuid:channel_id>/remove", reached.channel_remove, name="channel-remove"),
    path("settings/rota", rota.rota_page, name="rota"),
    path("settings/rota/standing", rota.standing, name="rota-standing"),
    path("settings/rota/then", rota.then_page, name="rota-then"),
    path("settings/rota/add", rota_shifts.add_page, name="rota-add"),
    path("settings/rota/shifts/<uuid:shift_id>", rota_shifts.shift_page, name="rota-shift"),
    path("settings/rota/leave", rota_shifts.leave_page, name="rota-leave"),
    path("settings/rota/leave/<uuid:leave_id>/cancel", rota_shifts.leave_cancel, name="rota-leave-cancel"),
    path("settings/rota/services", rota_services.services_page, name="rota-services"),
    path("settings/rota/services/<uuid:hours_id>", rota_services.service_page, name="rota-service"),
    path("settings/rota/calendars", rota_feeds.feeds_page, name="rota-feeds"),
    path("settings/rota/hand-over", hand_overs.hand_over_page, name="rota-hand-over"),
    path("settings/close-watch", close_watch.close_watch_page, name="settings-close-watch"),
    path("settings/second-facts", second_facts.second_facts_page, name="settings-second-facts"),
    path("settings/digest", views.digest_choice, name="settings-digest"),
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
]
