"""Names for what Django and its templates hand around without types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Any: a template takes whatever it shows.
Context = dict[str, Any]
# Any: text and lists of text as they were posted, or a whole form's values before they are read.
Posted = Mapping[str, Any]
# Any: the values a form begins with, or those it has read: each field knows the type of its own.
Values = dict[str, Any]
# Any: what a field or a form of Django takes by name, handed on to it as it is.
Options = Any
# Text, or text to be translated when it is shown.
Label: TypeAlias = "str | _StrPromise"
