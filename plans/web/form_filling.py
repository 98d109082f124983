"""Puts what was typed back into the forms of a finished page, whatever view made it.

It reads the page as a browser would, and changes nothing but values, what is ticked and chosen, and the folds around
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import Final

Attributes = list[tuple[str, str | None]]
Fields = Mapping[str, Sequence[str]]

_TICKED: Final = ("checkbox", "radio")
_NOT_FILLED: Final = ("csrfmiddlewaretoken",)
_BUTTONS: Final = ("submit", "button", "image", "reset", "file", "password")


@dataclass(slots=True)
class _Form:
    """A form of the page: where it is sent, and its fields with the values they can have."""

    goes: set[str] = field(default_factory=set)
    fields: dict[str, set[str]] = field(default_factory=dict)

    def fits(self, path: str, fields: Fields) -> int:
        """How well it fits what was sent to `path`; 0 if not at all."""
        if path not in self.goes:
            return 0
        same = sum(1 for name, values in fields.items() if self.fields.get(name, set()) & set(values))
        return 1 + sum(name in self.fields for name in fields) + same


class _Reader(HTMLParser):
    """Lists the forms that post."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.forms = address, list[_Form]()
        self.inside, self.select = False, ""

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.inside = (given.get("method") or "").lower() == "post"
            if self.inside:
                self.forms.append(_Form({_path(given.get("action") or self.address)}))
        if not self.inside:
            return
        form = self.forms[-1]
        form.goes.update(_path(given[at] or "") for at in ("hx-post", "formaction") if at in given)
        if tag == "select":
            self.select = name
        if tag == "option" and self.select:
            form.fields.setdefault(self.select, set()).add(value)
        elif name and tag in ("input", "textarea", "select", "button"):
            form.fields.setdefault(name, set()).add(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""


class _Filler(HTMLParser):
    """Writes the page again, with the chosen forms filled."""

    def __init__(self, wanted: Mapping[int, Fields]) -> None:
        super().__init__(convert_charrefs=False)
        self.wanted, self.out = wanted, list[str]()
        self.main: int | None = None
        self.number, self.left = -1, dict[str, list[str]]()
        self.kept: Fields = {}
        self.placed: dict[int, set[str]] = {number: set() for number in wanted}
        self.folds, self.select = list[int](), ""
        self.skipping = False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        raw, given = self.get_starttag_text() or "", dict(attrs)
        if tag == "form" and (given.get("method") or "").lower() == "post":
            self.number += 1
            self.kept = self.wanted.get(self.number, {})
            self.left = {name: list(values) for name, values in self.kept.items()}
        if tag == "details":
            self.folds.append(len(self.out))
        self.out.append(self._filled(tag, attrs, given) or raw)
        if tag == "main" and self.main is None:
            self.main = len(self.out)
        if tag == "textarea" and (given.get("name") or "") in self.kept:
            self.out.append("\n" + escape(self._next(given.get("name") or "")))
            self.skipping = True

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.out.append(self._filled(tag, attrs, dict(attrs)) or self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.kept = {}
        elif tag == "textarea":
            self.skipping = False
        elif tag == "select":
            self.select = ""
        elif tag == "details" and self.folds:
            self.folds.pop()
        self.out.append(f"</{tag}>")

    def _filled(self, tag: str, attrs: Attributes, given: Mapping[str, str | None]) -> str | None:
        """The tag with what was typed; None to leave it as it is."""
        if not self.kept:
            return None
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "select":
            self.select = name
        if tag == "option" and self.select in self.kept:
            return self._mark(tag, attrs, "selected", self.select, value)
        kind = (given.get("type") or "text").lower()
        if tag != "input" or not name or name in _NOT_FILLED or kind in _BUTTONS:
            return None
        if kind in _TICKED:
            return self._mark(tag, attrs, "checked", name, value or "on")
        if not self.left.get(name):
            return None
        return _tag(tag, [*(one for one in attrs if one[0] != "value"), ("value", self._next(name))])

    def _mark(self, tag: str, attrs: Attributes, mark: str, name: str, value: str) -> str:
        others = [one for one in attrs if one[0] != mark]
        if value not in self.kept.get(name, ()):
            return _tag(tag, others)
        self._place(name)
        return _tag(tag, [*others, (mark, None)])

    def _next(self, name: str) -> str:
        self._place(name)
        left = self.left.get(name)
        return left.pop(0) if left else ""

    def _place(self, name: str) -> None:
        self.placed[self.number].add(name)
        for at in self.folds:
            if " open" not in self.out[at]:
                self.out[at] = self.out[at][:-1] + " open>"

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.out.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")


def _tag(tag: str, attrs: Attributes) -> str:
    said = "".join(f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in attrs)
    return f"<{tag}{said}>"


def _path(address: str) -> str:
    return address.partition("?")[0].partition("#")[0]


@dataclass(frozen=True, slots=True)
class FilledPage:
    """A page with forms filled in: up to the beginning of its main part, and the rest. `missed`: for each form that was
    to be filled, the names of the fields that the page has no place for."""

    before: str
    after: str
    missed: tuple[frozenset[str], ...]


def fill(html: str, address: str, forms: Iterable[tuple[str, Fields]]) -> FilledPage:
    """Fill forms, each given as (the path it is sent to, its fields), into the page at `address`."""
    asked = tuple(forms)
    reader = _Reader(address)
    reader.feed(html)
    chosen: list[int | None] = []
    wanted: dict[int, Fields] = {}
    for path, fields in asked:
        fits = [(form.fits(path, fields), -number) for number, form in enumerate(reader.forms)]
        best, number = max(fits, default=(0, 0))
        chosen.append(-number if best else None)
        if best:
            wanted[-number] = {**wanted.get(-number, {}), **fields}
    filler = _Filler(wanted)
    filler.feed(html)
    filler.close()
    missed = tuple(
        frozenset(fields) - (filler.placed[number] if number is not None else frozenset())
        for number, (_path_sent, fields) in zip(chosen, asked, strict=True)
    )
    at = filler.main or 0
    return FilledPage("".join(filler.out[:at]), "".join(filler.out[at:]), missed)
