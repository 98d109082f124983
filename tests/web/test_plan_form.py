"""The plan form: what is typed, what comes of it at once, what is refused, and how it is issued."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from plans.management.seeding import life
from plans.management.seeding.clinics import Staff
from plans.models import Clinic, Patient, Plan
from plans.services import clock
from plans.services.plans import drafts
from tests.makers import make_clinic
from tests.makers_plans import issue_story_plan
from tests.present import present
from tests.web.plan_form_help import ODT, TABLET, as_member, form_page, preview_page, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, clinic):
    return as_member(client, clinic.primary)


def shown_in(response):
    return present(re.search(r'name="shown" id="f-shown" value="([0-9a-f]*)"', response.content.decode()))[1]


def answered(client, patient, **changes):
    """The form with reasons for everything the preview asks for, and the digest of what was shown."""
    form = typed(patient, **changes)
    seen = client.post(preview_page(patient), form)
    page = seen.content.decode()
    reasons = dict.fromkeys(re.findall(r'name="(reason_\w+)"', page), "Agreed with the patient")
    signed = re.findall(r'name="signed" value="(\w+)"', page)
    return {**form, **reasons, "signed": signed, "shown": shown_in(seen), "do": "issue"}


@pytest.mark.slow
def test_an_empty_form_invites_instead_of_complaining(signed_in, patient):
    page = signed_in.get(form_page(patient))
    assert page.status_code == 200
    assert "The plan appears here" in page.content.decode()
    assert "Error:" not in page.content.decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("set_for", "days", "said"),
    [
        ("clinic", 3, "An extra check-in goes out 3 days after each cut."),
        ("patient", 1, "An extra check-in goes out 1 day after each cut."),
        ("clinic", 0, ""),
    ],
    ids=["the clinic's", "the patient's own", "none"],
)
def test_the_form_says_after_how_many_days_this_patient_is_asked_after_a_cut(
    signed_in, patient, set_for, days, said
):
    if set_for == "clinic":
        Clinic.objects.filter(pk=patient.clinic_id).update(settings={"after_cut_days": days})
    else:
        Patient.objects.filter(pk=patient.pk).update(cadence={"after_cut_days": days})
    page = signed_in.get(form_page(patient)).content.decode()
    assert re.findall(r"An extra check-in goes out [^.<]*\.", page) == ([said] if said else [])


@pytest.mark.slow
def test_looking_at_the_form_makes_no_draft(signed_in, patient):
    signed_in.get(form_page(patient))
    assert not Plan.objects.filter(patient=patient).exists()


@pytest.mark.slow
def test_any_change_shows_steps_verdicts_and_stairs_and_saves_the_draft(signed_in, patient):
    page = signed_in.post(preview_page(patient), typed(patient)).content.decode()
    assert "half a 0.5\u00a0mg tablet" in page
    assert '<path class="line"' in page
    assert "Your reason, kept with the plan" in page
    assert "Draft saved" in page
    assert Plan.objects.get(patient=patient).draft["a_night"] == ["1"]


@pytest.mark.slow
def test_a_draft_comes_back_as_it_was_typed(signed_in, patient, clinic):
    signed_in.post(preview_page(patient), typed(patient, a_night=".5"))
    page = signed_in.get(form_page(patient)).content.decode()
    assert 'value=".5"' in page


@pytest.mark.slow
def test_choosing_a_drug_brings_its_products_ticked(signed_in, patient):
    form = typed(patient, drug_a="diazepam", a_night="10", listed=[], products=[])
    del form["a_morning"]
    page = signed_in.post(preview_page(patient), form).content.decode()
    assert 'value="diazepam tablet 2 mg" checked' in page
    assert 'id="products"' in page


@pytest.mark.slow
def test_a_product_unticked_stays_unticked(signed_in, patient):
    page = signed_in.post(form_page(patient), typed(patient, products=[TABLET], do="show")).content.decode()
    assert f'value="{TABLET}" checked' in page
    assert f'value="{ODT}" checked' not in page


@pytest.mark.slow
def test_the_plan_can_be_shown_without_javascript(signed_in, patient):
    page = signed_in.post(form_page(patient), typed(patient, do="show"))
    assert page.status_code == 200
    assert '<path class="line"' in page.content.decode()


@pytest.mark.slow
def test_a_dose_the_tablets_cannot_make_names_its_neighbours_and_what_would_help(signed_in, patient):
    form = typed(patient, products=[TABLET], a_morning="0.125")
    page = signed_in.post(preview_page(patient), form).content.decode()
    assert "0\u00a0mg and 0.25\u00a0mg" in page
    assert f'value="split|{TABLET}|4"' in page
    assert f'value="add|{ODT}"' in page


@pytest.mark.slow
@pytest.mark.parametrize("fix", [f"split|{TABLET}|4", f"add|{ODT}"])
def test_a_button_beside_the_refusal_puts_it_right(signed_in, patient, fix):
    form = typed(patient, products=[TABLET], a_morning="0.125", do=fix)
    page = signed_in.post(form_page(patient), form).content.decode()
    assert '<path class="line"' in page


@pytest.mark.slow
@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("-5", "sign"), ("NaN", "not an amount"), ("1e2", "not an amount"), ("1_0", "not an amount"),
        (".5", "Write 0.5"), ("1,5", "comma"), ("5mg", "unit"), ("٥", "not an amount"), ("5\u200b", "not an amount"),
        ("0", "more than zero"), ("00005", "not an amount"), ("9" * 5000, "too long"),
    ],
)  # fmt: skip
def test_a_dose_typed_wrongly_is_refused_beside_its_field_and_kept(signed_in, patient, raw, said):
    answer = signed_in.post(form_page(patient), typed(patient, a_night=raw, do="issue"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert 'href="#f-a_night"' in page
    assert f'value="{raw}"' in page


@pytest.mark.slow
@pytest.mark.parametrize("raw", ["11/10/26", "2027-02-29", "0001-01-01", "9999-12-31", "tomorrow", ""])
def test_a_first_day_that_is_no_day_to_plan_is_refused_beside_its_field(signed_in, patient, raw):
    answer = signed_in.post(form_page(patient), typed(patient, start=raw, do="issue"))
    assert answer.status_code == 422
    assert 'href="#f-start"' in answer.content.decode()


@pytest.mark.slow
def test_a_number_of_days_typed_wrongly_is_refused(signed_in, patient):
    for raw in ("0", "367", "14.5", "١٤", "-1"):
        answer = signed_in.post(form_page(patient), typed(patient, interval=raw, do="issue"))
        assert 'href="#f-interval"' in answer.content.decode(), raw


@pytest.mark.slow
def test_a_field_sent_twice_is_refused_not_guessed(signed_in, patient):
    answer = signed_in.post(preview_page(patient), typed(patient, a_night=["1", "10"]))
    assert answer.status_code == 400


@pytest.mark.slow
def test_issuing_leads_to_the_plan_and_says_what_happens(signed_in, patient):
    answer = signed_in.post(form_page(patient), answered(signed_in, patient), follow=True)
    plan = Plan.objects.get(patient=patient)
    assert (plan.state, answer.redirect_chain[-1][0]) == ("active", reverse("plan", args=[plan.pk]))
    assert "Version 1 is issued" in answer.content.decode()


@pytest.mark.slow
def test_a_reason_left_out_is_asked_for_in_summary_and_beside_its_finding(signed_in, patient):
    form = {
        name: value for name, value in answered(signed_in, patient).items() if not name.startswith("reason_")
    }
    answer = signed_in.post(form_page(patient), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(r'href="#reason-\w+">Write a reason', page)
    assert 'aria-invalid="true"' in page


@pytest.mark.slow
def test_a_plan_changed_since_it_was_shown_is_shown_again_first(signed_in, patient):
    form = {**answered(signed_in, patient), "interval": "21"}
    answer = signed_in.post(form_page(patient), form)
    assert answer.status_code == 422
    assert "has changed since it was shown" in answer.content.decode()
    assert shown_in(answer) != form["shown"]
    again = signed_in.post(form_page(patient), {**form, "shown": shown_in(answer)})
    assert again.status_code == 302


@pytest.mark.slow
def test_a_draft_another_person_took_over_is_not_overwritten(signed_in, patient, clinic):
    signed_in.post(preview_page(patient), typed(patient))
    theirs = drafts.save(by=clinic.second, patient_id=patient.pk, form={"a_night": ["2"]}, seen_lock=1)
    page = signed_in.post(preview_page(patient), typed(patient, lock="1")).content.decode()
    assert clinic.second.name in page
    assert present(drafts.load(clinic.primary, patient_id=patient.pk)).form == theirs.form


@pytest.mark.slow
def test_a_draft_can_be_saved_and_discarded(signed_in, patient):
    saved = signed_in.post(form_page(patient), typed(patient, do="save"), follow=True).content.decode()
    assert "The draft is saved" in saved
    lock = Plan.objects.get(patient=patient).lock
    signed_in.post(form_page(patient), {"do": "throw", "lock": lock})
    assert Plan.objects.get(patient=patient).state == "abandoned"


@pytest.mark.slow
def test_a_running_plan_is_named_before_anything_is_typed(signed_in, patient, clinic):
    issue_story_plan(clinic.primary, patient)
    assert "has a plan that is running" in signed_in.get(form_page(patient)).content.decode()


@pytest.mark.slow
def test_words_of_a_patient_are_never_markup(signed_in, patient):
    form = typed(patient, after_words="<img src=x onerror=1>")
    page = signed_in.post(form_page(patient), {**form, "do": "show"}).content.decode()
    assert "<img src=x" not in page


@pytest.mark.slow
def test_staff_and_strangers_do_not_reach_the_form(client, clinic, patient):
    assert client.get(form_page(patient)).status_code == 302
    assert as_member(client, clinic.staff).get(form_page(patient)).status_code == 403
    assert as_member(client, make_clinic().primary).get(form_page(patient)).status_code == 404


@pytest.mark.slow
def test_a_get_of_the_preview_is_refused(signed_in, patient):
    assert signed_in.get(preview_page(patient)).status_code == 405


@pytest.mark.slow
def test_the_draft_of_the_seeded_clinic_can_be_gone_on_with(signed_in, clinic, patient):
    staff = Staff(clinic.id, patient.zone, "US", "555-01", clinic.primary, clinic.staff)
    life.begin_draft(staff, patient.pk, clock.today(patient.zone))
    page = signed_in.get(form_page(patient)).content.decode()
    assert "9\u00a0mg" in page
    assert '<path class="line"' in page
    assert "Error:" not in page


@pytest.mark.slow
def test_a_step_kept_longer_says_why_and_which_dose_comes_next(signed_in, patient):
    page = signed_in.post(preview_page(patient), typed(patient)).content.decode()
    assert (
        "a smaller cut cannot be made from these products. The next dose is clonazePAM\u00a00.625\u00a0mg."
        in page
    )
