"""The operators of a page, read from its decoded bytes: numbers, names, strings and what is done with them.

pypdf has a reader of its own that takes seven times as long, most of a document's reading back; the tests compare the
two. Strict: bytes that are none of what these documents are written in end the reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

Operand = float | str | bytes
_TOKEN: Final = re.compile(
    rb"""[\0\t\n\f\r ]*(?:
    (?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?=[\0\t\n\f\r \[\]/(<]|$)
    | (?P<operator>[A-Za-z]+[*01]?|['"])(?=[\0\t\n\f\r \[\]/(<]|$)
    | /(?P<name>[^\0\t\n\f\r ()<>\[\]{}/%]*)
    | \((?P<string>(?:[^()\\]|\\.)*)\)
    | <(?P<hex>[0-9A-Fa-f\0\t\n\f\r ]*)>
    | (?P<bracket>[\[\]])
    )""",
    re.VERBOSE | re.DOTALL,
)
_BLANK: Final = re.compile(rb"[\0\t\n\f\r ]*")
_ESCAPE: Final = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPED: Final = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"\r\n": b"",
    b"\n": b"",
    b"\r": b"",
}


class UnknownBytes(ValueError):
    """Bytes at a place that are no operator and no operand."""


def operations(data: bytes) -> Iterator[tuple[list[Operand], bytes]]:
    """Each operator with its operands before it: numbers as floats, names with their slash, strings as bytes.

    Members of a list stand one after the other. Raises UnknownBytes.
    """
    operands: list[Operand] = []
    match, at = _TOKEN.match, 0
    while found := match(data, at):
        at = found.end()
        kind = found.lastgroup
        if kind == "number":
            operands.append(float(found["number"]))
        elif kind == "operator":
            yield operands, found["operator"]
            operands = []
        elif kind == "name":
            operands.append("/" + found["name"].decode("ascii"))
        elif kind == "string":
            raw = found["string"]
            operands.append(_ESCAPE.sub(_unescaped, raw) if b"\\" in raw else raw)
        elif kind == "hex":
            digits = b"".join(found["hex"].split())
            operands.append(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()))
    if _BLANK.fullmatch(data, at) is None:
        raise UnknownBytes(f"at {at} of {len(data)}")


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code[:1] in b"01234567":
        return bytes([int(code, 8) & 255])
    return _ESCAPED.get(code, code)
