"""Names for data without types of its own: what JSON columns, canonical texts and data files hold.

Who reads a value knows its type by the code it stands under (a flag's rule, an act, a key of the grammar) and narrows
it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Any: json.loads and tomllib give it; each key's type is known to whoever reads it.
JsonObject = dict[str, Any]
# Any: the facts of a flag, an event or a refusal; its spec and its sentence agree on what stands in them.
Facts = Mapping[str, Any]
