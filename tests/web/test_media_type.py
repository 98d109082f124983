"""A media type is read before Django reads it, and strictly."""

from __future__ import annotations

import pytest

from plans.web.edge import trouble_with

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("", 0),
        (FORM, 0),
        (f"{FORM}; charset=UTF-8", 0),
        (f'{FORM};charset="utf-8"', 0),
        (f"{FORM}; charset=utf8;", 0),
        ("multipart/form-data; boundary=----WebKitFormBoundaryAbC123", 0),
        ('multipart/form-data; boundary="=_a\'b (c)/d?e:f"', 0),
        ("application/json", 0),
        (f"{FORM}; charset=latin-1", 415),
        (f"{FORM}; charset=utf-8; charset=utf-7", 415),
        (f"{FORM}; charset*=utf-8''utf-8", 400),
        (f"{FORM}; charset=a\0b", 415),
        ("text", 400),
        ("a" * 400, 400),
    ],
)
def test_a_media_type_is_read_strictly(kind: str, status: int) -> None:
    assert trouble_with(kind) == status
