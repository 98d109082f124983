"""A patient's plan and what was done to it, through services, and browsers to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db import transaction
from django.test import Client

from plans.domain.taper.schedule import Step
from plans.models import ReviewItem
from plans.services import clock, review
from plans.services.plans import preview, queries, revise
from tests.clients import client_of
from tests.makers import ClinicMade, make_clinic, make_patient
from tests.makers_plans import issue_plan, plan_row, story_request
from tests.web.patient_story import give, token_for


@dataclass(frozen=True)
class Life:
    """A patient's plan as it stands today: issued `ago` days ago, and what was done to it since."""

    story: dict[str, Any]
    ago: int = 0
    act: str = ""

    @cached_property
    def clinic(self) -> ClinicMade:
        return make_clinic()

    @cached_property
    def plan(self) -> Any:
        patient = make_patient(self.clinic.primary)
        start = clock.today(patient.zone) - timedelta(days=self.ago)
        plan = issue_plan(self.clinic.primary, patient, story_request(start, self.story))
        if self.act:
            revise.revise(
                by=self.clinic.primary, plan_id=plan.pk, seen_lock=plan.lock, act=self.act,
                params={"days": 14}, note="Asked.",
            )  # fmt: skip
        return plan_row(plan.pk)

    @cached_property
    def today(self) -> date:
        return clock.today(self.plan.patient.zone)

    @cached_property
    def schedule(self) -> Any:
        return queries.schedule_of(self.plan.active_version)

    @cached_property
    def step(self) -> Step:
        return self.schedule.step_on(self.today)

    @cached_property
    def next(self) -> Step:
        return self.schedule.next_change(self.today)

    @cached_property
    def staff(self) -> Client:
        return client_of(self.clinic.primary)

    @cached_property
    def phone(self) -> Client:
        phone = Client()
        phone.get(f"/p/{token_for(self.plan.patient, self.plan)}")
        give(phone, str(self.plan.patient.born.year))
        return phone

    @cached_property
    def item(self) -> ReviewItem:
        with transaction.atomic():
            item = review.open_item(
                clinic_id=self.clinic.id, patient=self.plan.patient, plan=self.plan, source="missed",
                source_key="a", priority="urgent", facts={}, now=clock.now(),
            )  # fmt: skip
        review.claim(by=self.clinic.primary, item_id=item.pk)
        return ReviewItem.objects.get(pk=item.pk)

    def get(self, address: str) -> str:
        """A page of the clinic; the plan is made before anybody looks."""
        assert self.plan
        return self.staff.get(address).content.decode()

    @cached_property
    def plan_page(self) -> str:
        return self.get(f"/plans/{self.plan.pk}?lines=level")

    def change_page(self, act: str = "hold") -> str:
        return self.get(f"/plans/{self.plan.pk}/change?act={act}")

    @cached_property
    def preview(self) -> preview.Preview:
        request = story_request(self.schedule.start, self.story)
        return preview.preview(
            self.clinic.primary, patient_id=self.plan.patient_id, request=request, confirmed=frozenset()
        )
