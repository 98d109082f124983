"""Another way of sending is one class."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from plans.dispatch import letters
from plans.domain.notices import Queue
from plans.mail.delivery import Fate, Outcome
from plans.mail.letters import Letter
from plans.models import Plan


@dataclass
class Folder:
    """Another way to hand letters over: a list in place of a mail server."""

    letters: list[Letter] = field(default_factory=list)

    def open(self) -> None:
        """Always there."""

    def send(self, letter: Letter) -> Outcome:
        """Keep it."""
        self.letters.append(letter)
        return Outcome(Fate.SENT)

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.slow
def test_another_provider_is_another_class_of_three_methods(plan: Plan) -> None:
    folder = Folder()
    counts = letters.run(Queue.LETTERS, transport=lambda: folder)
    assert counts.sent == len(folder.letters) > 0
