"""Type names for what Django and its templates leave untyped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Any: a template takes whatever it shows.
Context = dict[str, Any]
# Any: text and lists of text as posted, or a form's values before they are parsed.
Posted = Mapping[str, Any]
# Any: a form's initial or cleaned values: each field knows the type of its own.
Values = dict[str, Any]
# Any: keyword arguments of a Django field or form, passed on unchanged.
Options = Any
# Text, or text that is translated when it is shown.
Label: TypeAlias = "str | _StrPromise"
# Any: django-allauth has no types: its users, logins and factors, and forms that are mixed into its own.
Allauth = Any
