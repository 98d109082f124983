"""A provider of text and push messages. Imports are inside functions: this is read before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.channels.provider import Provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    from tests.channels.provider import serving

    with serving() as made:
        yield made
