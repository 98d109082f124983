"""Reads translations (`django.po`) and writes the form gettext loads (`django.mo`), without gettext's own tools.

The compiled files are not in git: `make`, the builds of wheel and image, and the tests make them. Works without Django,
so that a build can use it: `python -m plans.management.catalogue`.
"""

from __future__ import annotations

import ast
import struct
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

LOCALE: Final = Path(__file__).resolve().parent.parent / "locale"
_MAGIC: Final = 0x950412DE
_CONTEXT: Final = "\x04"
_PLURAL: Final = "\x00"


class BadTranslations(ValueError):
    """A line that is not valid in a catalogue: its number and text."""


@dataclass
class _PoEntry:
    parts: dict[str, str] = field(default_factory=dict)
    fuzzy: bool = False

    def key(self) -> str:
        """The key gettext looks up: context, text, and the plural if there is one."""
        text = self.parts["msgid"]
        if "msgctxt" in self.parts:
            text = f"{self.parts['msgctxt']}{_CONTEXT}{text}"
        if "msgid_plural" in self.parts:
            text = f"{text}{_PLURAL}{self.parts['msgid_plural']}"
        return text

    def value(self) -> str:
        """The translation, or all plural forms separated by zero bytes."""
        forms = sorted(name for name in self.parts if name.startswith("msgstr"))
        return _PLURAL.join(self.parts[name] for name in forms)


def read_po(text: str) -> dict[str, str]:
    """The finished translations of a catalogue, without untranslated and fuzzy entries. Raises BadTranslations."""
    found: dict[str, str] = {}
    entry, part = _PoEntry(), ""

    def close() -> None:
        if "msgid" in entry.parts and entry.value() and not entry.fuzzy:
            if entry.key() in found:
                raise BadTranslations(f"twice: {entry.key()!r}")
            found[entry.key()] = entry.value()

    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            if part.startswith("msgstr"):
                close()
                entry, part = _PoEntry(), ""
            entry.fuzzy = entry.fuzzy or (line.startswith("#,") and "fuzzy" in line)
        elif line.startswith('"') and part:
            entry.parts[part] += _unquoted(line, number)
        elif line.startswith("msg") and " " in line:
            part, _, rest = line.partition(" ")
            if part in entry.parts:
                close()
                entry = _PoEntry()
            entry.parts[part] = _unquoted(rest, number)
        else:
            raise BadTranslations(f"line {number}: {line[:60]}")
    close()
    return found


def _unquoted(text: str, number: int) -> str:
    try:
        said = ast.literal_eval(text.strip())
    except (SyntaxError, ValueError):
        raise BadTranslations(f"line {number}: {text[:60]}") from None
    return str(said)


def mo_of(translations: dict[str, str]) -> bytes:
    """Translations as gettext's binary file: sorted keys, then values; the same bytes every time."""
    keys = sorted(translations, key=lambda key: key.encode())
    ids, values = [key.encode() for key in keys], [translations[key].encode() for key in keys]
    head = 7 * 4
    at = head + 16 * len(keys)
    tables, data = b"", b""
    for texts in (ids, values):
        for text in texts:
            tables += struct.pack("<II", len(text), at + len(data))
            data += text + b"\x00"
    return struct.pack("<7I", _MAGIC, 0, len(keys), head, head + 8 * len(keys), 0, at) + tables + data


def catalogues() -> list[Path]:
    """The catalogues of all languages."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))


def compiled(catalogue: Path) -> bytes:
    """The content of the `.mo` for a catalogue. Raises BadTranslations."""
    return mo_of(read_po(catalogue.read_text("utf-8")))


def stale() -> list[Path]:
    """The catalogues whose `.mo` is missing or outdated. Raises BadTranslations."""
    found = []
    for catalogue in catalogues():
        target = catalogue.with_suffix(".mo")
        if not target.is_file() or target.read_bytes() != compiled(catalogue):
            found.append(catalogue)
    return found


def compile_all() -> list[Path]:
    """Compile every stale catalogue; concurrent readers find either the old or the new file, whole."""
    found = stale()
    for catalogue in found:
        with tempfile.NamedTemporaryFile(dir=catalogue.parent, suffix=".tmp", delete=False) as new:
            new.write(compiled(catalogue))
        Path(new.name).chmod(0o644)
        Path(new.name).replace(catalogue.with_suffix(".mo"))
    return found


if __name__ == "__main__":
    compile_all()
