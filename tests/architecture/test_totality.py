"""Everything that has a spec has its entry in every place that needs one; a missing entry is named."""

from __future__ import annotations

import pytest

from tests.architecture.kinds import KINDS, Kind, Place


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_nothing_is_missing(kind: Kind) -> None:
    assert list(kind.codes())
    assert kind.missing() == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_an_undescribed_code_is_missing_in_every_place(kind: Kind) -> None:
    """A place that accepts any code guards nothing."""
    made_up = Kind(
        kind.name, lambda: ["made_up"], {name: Place(_asked(at)) for name, at in kind.places.items()}
    )
    assert made_up.missing() == [f"{kind.name} made_up: {name}" for name in kind.places]


def _asked(at: Place):
    def holds(code: str) -> object:
        try:
            return at.holds(code)
        except KeyError:
            return None

    return holds


def test_what_is_left_over_in_a_place_is_named() -> None:
    kind = Kind("thing", lambda: ["a"], {"words": Place({"a": 1, "b": 2}.get, lambda: ["a", "b"])})
    assert kind.missing() == ["thing b: words without a spec"]
