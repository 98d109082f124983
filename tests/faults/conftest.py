"""One warm parent process for all tests that kill workers; a receiver, a clinic and a crew of workers for each.

Imports are inside functions: this file is read before Django is set up.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.faults.harness import Crew, Nursery
    from tests.faults.receiver import Receiver
    from tests.makers import ClinicMade


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of a run with rapid kills is their verdict."""
    ledgers = sys.modules.get("tests.faults.ledgers")
    for line in ledgers.LAST if ledgers is not None else ():
        sys.stdout.write(f"{line}\n")


@pytest.fixture(scope="session")
def nursery(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    from tests.faults.harness import Nursery

    made = Nursery(tmp_path_factory.mktemp("nursery") / "workers.log")
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    from tests.faults.receiver import receiving

    with receiving() as made:
        yield made


@pytest.fixture
def clinic(transactional_db: Any) -> ClinicMade:
    from plans.models import Work
    from tests.makers import make_quiet_clinic
    from tests.makers_messages import make_invitations

    made = make_quiet_clinic()
    # The plan that others are copied from, before any worker runs.
    make_invitations(made, 0)
    Work.objects.all().delete()
    return made


@pytest.fixture
def crew(nursery: Nursery, receiver: Receiver, transactional_db: Any) -> Iterator[Crew]:
    """Workers of this test; whatever they logged must not name anybody."""
    from tests.faults.harness import Crew

    before = nursery.log.stat().st_size
    made = Crew(nursery, receiver)
    yield made
    made.end()
    said = nursery.log.read_bytes()[before:]
    named = [word for word in (b"Canary", b"@mail.example.org") if word in said]
    assert named == [], said[-2000:]
