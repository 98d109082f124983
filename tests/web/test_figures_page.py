"""How well we do: charts with tables behind them, files that spreadsheets can open safely, and the page without any."""

from __future__ import annotations

import csv
import io
import re

import pytest

from plans.models import ReviewItem, User
from plans.services.figures_export import FiguresTable
from plans.wording.times import NBSP
from tests.clients import client_of
from tests.makers_checkins import on
from tests.services.figures_help import NOW, at, called, counted, ended, from_september, opened, sent
from tests.web.test_checkin_pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic(db):
    return from_september()


@pytest.fixture
def worked(clinic):
    """A clinic in which one item of each priority was worked, and one is open."""
    urgent = opened(clinic, at(24, 2), "urgent")
    sent(urgent, clinic.primary, at(24, 2, 1))
    called(clinic, urgent, at(24, 2, 30))
    ended(clinic, urgent, at(24, 9), "reached_safe")
    ended(clinic, opened(clinic, at(23, 9)), at(23, 11))
    ended(clinic, opened(clinic, at(10, 9), "routine"), at(12, 9), "nothing_to_do")
    opened(clinic, at(102, 9))
    return clinic


def page(actor, asked=""):
    counted()
    with on(NOW):
        return client_of(actor).get(f"/queue/figures{asked}")


def lines(actor, table, asked=""):
    counted()
    with on(NOW):
        answer = client_of(actor).get(f"/queue/figures/{table}.csv{asked}")
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="2026-12-02-{table}.csv"'
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


@pytest.mark.slow
def test_the_page_is_linked_from_the_queue_and_says_how_the_queue_was_worked(worked):
    with on(NOW):
        assert 'href="/queue/figures"' in client_of(worked.reader).get("/queue").content.decode()
    said = text_of(page(worked.lead))
    assert (
        "From Monday, 7 September 2026. This week was counted on 2 December 2026, 10:00, as every hour;"
        in said
    )
    assert "30 min 9 in 10: 30 min" in said
    assert "Reached, safe" in said
    assert worked.primary.name in said


@pytest.mark.slow
def test_before_anything_was_counted_the_page_says_to_look_again(worked):
    with on(NOW):
        said = text_of(client_of(worked.lead).get("/queue/figures"))
    assert "Nothing has been counted yet It is counted every hour" in said
    assert "Nothing happened" not in said


@pytest.mark.slow
def test_without_anything_the_page_says_so_and_offers_more_weeks(clinic):
    said = page(clinic.lead)
    assert "Nothing happened in these weeks" in text_of(said)
    assert 'href="?weeks=52"' in said.content.decode()
    longest = page(clinic.lead, "?weeks=52").content.decode()
    assert "<svg viewBox" not in longest
    assert "Show 52 weeks" not in longest


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["?weeks=7", "?weeks=", "?weeks=-4", "?weeks=4&weeks=x", "?weeks=13.0"])
def test_weeks_that_are_not_offered_are_the_usual_ones(worked, asked):
    assert '<a href="?weeks=13" aria-current="true">' in page(worked.lead, asked).content.decode()


@pytest.mark.slow
def test_every_chart_has_its_words_and_a_table_with_each_week(worked):
    said = page(worked.lead, "?weeks=4").content.decode().replace(NBSP, " ")
    charts = re.findall(r"<figure.*?</figure>", said, re.DOTALL)
    assert len(charts) == 9
    for chart in charts:
        assert re.search(r'aria-labelledby="[\w-]+-t [\w-]+-d"', chart)
        assert re.findall(r'<th scope="row">([^<]+)</th>', chart) == [
            "30 Nov, so far",
            "23 Nov",
            "16 Nov",
            "9 Nov",
        ]
    assert "style=" not in said
    assert len(set(re.findall(r' id="([^"]+)"', said))) == len(re.findall(r' id="([^"]+)"', said))


@pytest.mark.slow
def test_a_chart_is_as_high_as_its_greatest_week(worked):
    for _ in range(3):
        opened(worked, at(23, 10), "routine")
    (chart,) = re.findall(
        r'<svg[^>]*aria-labelledby="opened-t.*?</svg>',
        page(worked.lead, "?weeks=4").content.decode().replace(NBSP, " "),
        re.DOTALL,
    )
    assert "The most: 5, in the week of 23 Nov." in chart
    found = re.findall(
        r'<rect class="([\w-]+)" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', chart
    )
    # Of the 82 units of the greatest week three fifths are routine.
    assert ("f-calm", "22.0", "49.2") in found


@pytest.mark.slow
def test_the_file_of_weeks_holds_what_the_charts_show(worked):
    found = {one["week"]: one for one in lines(worked.reader, "weeks", "?weeks=4")}
    assert list(found) == ["2026-11-09", "2026-11-16", "2026-11-23", "2026-11-30"]
    week = found["2026-11-23"]
    assert (week["urgent"], week["high"], week["routine"], week["ended"]) == ("1", "1", "0", "2")
    assert (week["wall_first_median"], week["wall_end_ninety"]) == ("30", "420")
    assert (week["opening_first_median"], week["opening_end_median"]) == ("120", "120")
    assert (week["alerts_by_day"], week["alerts_by_night"]) == ("0", "1")
    assert found["2026-11-16"]["wall_first_median"] == ""
    assert found["2026-11-16"]["wall_items"] == "0"
    assert len(lines(worked.reader, "weeks")) == 13


@pytest.mark.slow
def test_the_other_files_hold_rules_people_outcomes_and_alerts(worked):
    (rule,) = lines(worked.lead, "rules")
    assert (rule["rule"], rule["wall_items"], rule["opening_items"], rule["opening_open"]) == (
        "supply",
        "1",
        "3",
        "1",
    )
    (person,) = lines(worked.lead, "duty")
    assert (person["on_duty"], person["wall_items"]) == (worked.primary.name, "1")
    assert {one["outcome"] for one in lines(worked.lead, "outcomes")} == {
        "reached_safe", "plan_changed", "nothing_to_do",
    }  # fmt: skip
    (alerts,) = lines(worked.lead, "alerts")
    assert (alerts["person"], alerts["alerts"], alerts["by_night"]) == (worked.primary.name, "1", "1")
    assert lines(worked.second, "duty") == lines(worked.second, "alerts") == []


@pytest.mark.parametrize("table", list(FiguresTable))
def test_every_file_of_an_empty_clinic_has_its_names_of_columns(clinic, table):
    with on(NOW):
        text = client_of(clinic.lead).get(f"/queue/figures/{table.value}.csv").content.decode()
    assert len(text.splitlines()[0].split(",")) >= 4


def test_a_table_that_does_not_exist_is_no_address(clinic):
    assert client_of(clinic.lead).get("/queue/figures/patients.csv").status_code == 404


def test_a_name_that_a_spreadsheet_would_run_is_text_in_the_file(clinic):
    opened(clinic, at(24, 9))
    User.objects.filter(pk=clinic.primary.id).update(name='=HYPERLINK("http://evil.example","x")')
    (person,) = lines(clinic.lead, "duty")
    assert person["on_duty"] == '\'=HYPERLINK("http://evil.example","x")'


@pytest.mark.slow
def test_somebody_who_is_no_lead_is_told_that_colleagues_are_not_shown(worked):
    said = text_of(page(worked.second))
    assert "None of these items was opened while you were first on duty." in said
    assert "Only a lead sees the figures of colleagues; you see your own." in said
    assert worked.primary.name not in said


@pytest.mark.slow
def test_no_patient_is_named(worked, patient):
    item = opened(worked, at(24, 9), patient=patient)
    assert ReviewItem.objects.filter(pk=item.pk, patient=patient).exists()
    counted()
    for address in ("", "/rules.csv", "/weeks.csv"):
        with on(NOW):
            said = client_of(worked.lead).get(f"/queue/figures{address}").content.decode()
        assert patient.name not in said
        assert patient.record_no not in said
