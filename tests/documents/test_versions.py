"""A document of any version is drawn, whatever it replaces, and says so on every page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plans.documents.kinds import draw, read_back
from plans.documents.readback.pdf import read_pages
from plans.domain.documents.facts import PAPERS
from plans.wording.documents import calendar_words
from tests.documents.pictures import crossover, four_times, liquid
from tests.documents.plans import clonazepam, facts, of_kind

PLANS = {"months": lambda: facts(clonazepam()), "liquid": liquid, "weeks": four_times, "switch": crossover}


@pytest.mark.parametrize("version", [2, 3, 1000])
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", ["calendar", "pharmacy"])
@pytest.mark.parametrize("large", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "name", [*list(PLANS)[:1], *(pytest.param(name, marks=pytest.mark.slow) for name in list(PLANS)[1:])]
)
def test_every_page_says_what_the_version_replaces(name, large, kind, language, paper, version):
    given = replace(
        PLANS[name](),
        version=version,
        replaces=version - 1,
        large=large,
        language=language,
        words=calendar_words(language),
        paper=paper,
    )
    drawn = draw(of_kind(given, kind))
    assert read_back(drawn, of_kind(given, kind)) == ()
    for page in read_pages(drawn):
        assert given.words.replaced(version - 1) in " ".join(run.text for run in page.all_runs())
