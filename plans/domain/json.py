"""Type names for untyped data: JSON columns, canonical texts and data files.

Readers know the type of a value by its key or code (a flag's rule, an act, a key of the grammar) and narrow it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Any: json.loads and tomllib return it; the reader knows each key's type.
JsonObject = dict[str, Any]
# Any: the facts of a flag, an event or a refusal; its spec and its sentence agree on their types.
Facts = Mapping[str, Any]
