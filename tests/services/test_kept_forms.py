"""Forms that were refused are kept for an hour, for whoever typed them alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from plans.models import KeptForm
from plans.services import clock, kept_forms, sealing
from plans.services.actors import Actor
from tests.makers import ClinicMade, make_clinic

pytestmark = pytest.mark.django_db

PATH, PAGE = "/patients/new", "/patients/new"
WORDS = {"notes": ["She said: no more than 2 at night."], "times": ["morning", "night"]}


def keep(who: Actor, *, path: str = PATH, fields: kept_forms.Fields = WORDS) -> bool:
    return kept_forms.keep(user_id=who.member_id, clinic_id=who.home, path=path, page=PAGE, fields=fields)


def given_back(who: Actor) -> list[dict[str, list[str]]]:
    return [one.fields for one in kept_forms.of_page(who, PAGE)]


def test_what_was_typed_comes_back_to_the_same_person_in_the_same_clinic(clinic: ClinicMade) -> None:
    assert keep(clinic.primary)
    assert given_back(clinic.primary) == [WORDS]
    assert kept_forms.waits(clinic.primary.member_id)


def test_nobody_else_gets_it_and_another_page_does_not(clinic: ClinicMade) -> None:
    keep(clinic.primary)
    assert given_back(clinic.lead) == []
    assert given_back(make_clinic().primary) == []
    assert kept_forms.of_page(clinic.primary, "/queue") == ()
    assert not kept_forms.waits(clinic.lead.member_id)


def test_it_cannot_be_read_in_the_table_nor_opened_for_somebody_else(clinic: ClinicMade) -> None:
    keep(clinic.primary)
    row = KeptForm.objects.get()
    assert b"night" not in bytes(row.sealed)
    KeptForm.objects.update(user_id=clinic.lead.member_id)
    assert given_back(clinic.lead) == []


def test_it_cannot_be_moved_to_another_form_or_changed(clinic: ClinicMade) -> None:
    keep(clinic.primary)
    KeptForm.objects.update(path="/patients/other")
    assert given_back(clinic.primary) == []
    KeptForm.objects.update(path=PATH)
    assert given_back(clinic.primary) == [WORDS]
    sealed = bytearray(KeptForm.objects.get().sealed)
    sealed[-1] ^= 1
    KeptForm.objects.update(sealed=bytes(sealed))
    assert given_back(clinic.primary) == []


def test_after_an_hour_it_is_not_given_back_and_the_tick_deletes_it(clinic: ClinicMade) -> None:
    keep(clinic.primary)
    with time_machine.travel(clock.real_now() + timedelta(minutes=59)):
        assert kept_forms.forget() == 0
        assert given_back(clinic.primary) == [WORDS]
    with time_machine.travel(clock.real_now() + timedelta(minutes=61)):
        assert given_back(clinic.primary) == []
        assert kept_forms.forget() == 1
    assert not KeptForm.objects.exists()


def test_a_form_that_arrives_or_is_discarded_is_forgotten(clinic: ClinicMade) -> None:
    keep(clinic.primary)
    kept_forms.sent(by=clinic.lead, path=PATH)
    assert given_back(clinic.primary) == [WORDS]
    kept_forms.sent(by=clinic.primary, path=PATH)
    assert given_back(clinic.primary) == []
    keep(clinic.primary)
    key = KeptForm.objects.get().pk
    assert kept_forms.discard(by=clinic.lead, key=key) == ""
    assert kept_forms.discard(by=clinic.primary, key=key) == PAGE
    assert not KeptForm.objects.exists()


def test_the_newest_of_a_form_counts_and_the_oldest_of_too_many_gives_way(clinic: ClinicMade) -> None:
    keep(clinic.primary)
    keep(clinic.primary, fields={"notes": ["newer"]})
    assert given_back(clinic.primary) == [{"notes": ["newer"]}]
    for number in range(kept_forms.ROWS_MOST):
        keep(clinic.primary, path=f"/{number}")
    assert KeptForm.objects.count() == kept_forms.ROWS_MOST
    assert not KeptForm.objects.filter(path=PATH).exists()


def test_too_much_is_not_kept(clinic: ClinicMade) -> None:
    assert not keep(clinic.primary, fields={"notes": ["x" * kept_forms.BYTES_MOST]})
    assert not keep(clinic.primary, path="/" + "x" * 300)
    assert not KeptForm.objects.exists()


def test_what_was_sealed_with_the_key_before_still_opens(settings: object) -> None:
    sealed = sealing.seal(b"words", purpose="a", context="b")
    assert b"words" not in sealed
    assert sealing.unseal(sealed, purpose="a", context="b") == b"words"
    assert sealing.unseal(sealed, purpose="a", context="c") is None
    assert sealing.unseal(sealed, purpose="b", context="b") is None
    old = settings.SECRET_KEY  # type: ignore[attr-defined]  # pytest-django's own settings
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]  # the same
    assert sealing.unseal(sealed, purpose="a", context="b") is None
    settings.SECRET_KEY_FALLBACKS = [old]  # type: ignore[attr-defined]  # the same
    assert sealing.unseal(sealed, purpose="a", context="b") == b"words"
    assert sealing.unseal(b"", purpose="a", context="b") is None
