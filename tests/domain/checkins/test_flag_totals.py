"""PHQ-9 and GAD-7 at their cut-offs, their changes, and item nine by itself."""

from __future__ import annotations

import pytest

from plans.domain.checkins import flags, scoring
from plans.domain.checkins.flagging import Evidence, PatientContext
from plans.domain.checkins.spec import decide
from tests.domain.checkins.test_flags import DAY, evidence, fired, past


@pytest.mark.parametrize(
    ("now", "before", "rules"),
    [
        (4, None, set()),
        (5, None, set()),
        (9, None, set()),
        (10, None, {"R2"}),
        (14, None, {"R2"}),
        (15, None, {"R2"}),
        (19, None, {"R2"}),
        (20, None, {"H1"}),
        (14, 10, {"R2"}),
        (15, 10, {"H1"}),
        (9, 4, set()),
        (10, 5, {"H1"}),
        (10, 6, {"R2"}),
        (4, 9, {"R8"}),
        (5, 9, set()),
    ],
)
def test_phq_9_totals_and_changes(now: int, before: int | None, rules: set[str]) -> None:
    earlier = (past(phq9=before),) if before is not None else ()
    assert set(fired(evidence(phq9=now, before=earlier))) == rules


@pytest.mark.slow
@pytest.mark.parametrize(
    ("now", "before", "rules"),
    [
        (4, None, set()),
        (5, None, set()),
        (9, None, set()),
        (10, None, {"R2"}),
        (14, None, {"R2"}),
        (15, None, {"H2"}),
        (10, 7, {"R2"}),
        (10, 6, {"H2"}),
        (9, 5, set()),
    ],
)
def test_gad_7_totals_and_changes(now: int, before: int | None, rules: set[str]) -> None:
    earlier = (past(gad7=before),) if before is not None else ()
    assert set(fired(evidence(gad7=now, before=earlier))) == rules


@pytest.mark.parametrize(
    ("answer", "rules"),
    [
        (None, {}),
        ("skip", {"H10": "high"}),
        ("0", {}),
        ("1", {"H8": "high"}),
        ("2", {"U3": "urgent"}),
        ("3", {"U3": "urgent"}),
    ],
)
def test_item_nine_from_missing_to_three_alone_and_in_a_whole_scale(
    answer: str | None, rules: dict[str, str]
) -> None:
    nine = {} if answer is None else {"phq_9": answer}
    assert fired(evidence(nine)) == rules
    ask = decide(form="baseline", language="en", today=DAY, last_long={}, taking=True)
    whole = {**{f"phq_{n}": "3" for n in range(1, 9)}, **nine}
    scores = scoring.score(ask, whole)
    # Nothing is put in its place: without it there is no total, however bad the rest.
    assert ("phq9" in scores) is (answer in ("0", "1", "2", "3"))
    found = {one.rule for one in flags.evaluate(Evidence(whole, scores), whole=True)}
    assert rules.keys() <= found
    assert ("H1" in found) is ("phq9" in scores)
    assert "R1" in found


@pytest.mark.parametrize(("affective", "rules"), [(2, {"R2"}), (3, {"H1"})])
def test_in_the_middle_band_a_rise_of_the_affective_part_is_no_steady_total(
    affective: int, rules: set[str]
) -> None:
    assert set(fired(evidence(phq9=12, affective=affective, before=(past(phq9=12, affective=0),)))) == rules


@pytest.mark.parametrize(("affective", "rules"), [(2, set()), (3, {"H1"})])
def test_the_affective_part_counts_by_itself(affective: int, rules: set[str]) -> None:
    assert set(fired(evidence(phq9=6, affective=affective, before=(past(phq9=6, affective=0),)))) == rules


def test_a_change_is_counted_from_the_first_and_from_the_last() -> None:
    crept_up = (past(phq9=5), past(phq9=8))
    assert "H1" in fired(evidence(phq9=10, before=crept_up))


@pytest.mark.parametrize(("days", "fires"), [(None, True), (27, False), (28, True)])
def test_a_high_total_known_and_reviewed_lately_is_not_raised_again(days: int | None, fires: bool) -> None:
    about = PatientContext(reviewed={"H1": days} if days is not None else {})
    assert ("H1" in fired(evidence(phq9=21, before=(past(phq9=21),), about=about))) is fires
