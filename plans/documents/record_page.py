"""The readable page of a copy: one HTML file that opens by itself, written as a stream.

It loads nothing and runs nothing; everything a person typed is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, Protocol

_STYLE: Final = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#17202a;"
    "background:#fff}h1{font-size:1.7rem}h2{font-size:1.25rem;margin:2.5rem 0 .5rem;border-top:2px solid #17202a;"
    "padding-top:1rem}table{width:100%;border-collapse:collapse}th,td{text-align:left;vertical-align:top;"
    "padding:.4rem .6rem .4rem 0;border-bottom:1px solid #cdd5dd;overflow-wrap:anywhere}"
    "td.what{white-space:pre-line}th:first-child,td:first-child{width:11rem}th:last-child,td:last-child{width:11rem}"
    "a{color:#0b57a4}@media(max-width:40rem){table,tbody,tr,td{display:block;width:auto!important}thead{display:none}"
    "tr{border-bottom:1px solid #cdd5dd;padding:.5rem 0}td{border:0;padding:.1rem 0}}"
    "@media print{body{margin:0;font-size:11pt}h2{break-after:avoid}tr{break-inside:avoid}}"
)


class ByteStream(Protocol):
    """What the page is written to."""

    def write(self, content: bytes, /) -> object:
        """Take bytes."""
        ...


class RecordPage:
    """Writes a page: head, a section for each part, end."""

    def __init__(self, out: ByteStream, *, language: str, columns: Sequence[str]) -> None:
        self._out, self._language, self._columns = out, language, columns

    def _put(self, html: str) -> None:
        self._out.write(html.encode())

    def head(
        self, title: str, sentences: Iterable[str], contents: str, parts: Iterable[tuple[str, str]]
    ) -> None:
        """Title, what this is, and the contents as links."""
        self._put(
            f'<!doctype html>\n<html lang="{escape(self._language)}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>\n<h1>{escape(title)}</h1>\n"
        )
        for sentence in sentences:
            self._put(f"<p>{escape(sentence)}</p>\n")
        self._put(f"<nav><h2>{escape(contents)}</h2><ul>\n")
        for code, name in parts:
            self._put(f'<li><a href="#{escape(code)}">{escape(name)}</a></li>\n')
        self._put("</ul></nav>\n")

    def section(self, code: str, title: str) -> None:
        """Begin a section."""
        self._put(f'<h2 id="{escape(code)}">{escape(title)}</h2>\n')

    def sentence(self, text: str) -> None:
        """A paragraph."""
        self._put(f"<p>{escape(text)}</p>\n")

    def table(self, lines: Iterable[tuple[str, str, str]], empty: str, *, heads: bool = True) -> None:
        """A table of when, what and who, or of labels without heads; `empty` where there is no line."""
        begun = False
        for when, what, who in lines:
            if not begun:
                head = "".join(f'<th scope="col">{escape(one)}</th>' for one in self._columns if heads)
                self._put(f"<table><thead><tr>{head}</tr></thead><tbody>\n")
                begun = True
            self._put(
                f'<tr><td>{escape(when)}</td><td class="what">{_linked(what)}</td><td>{escape(who)}</td></tr>\n'
            )
        self._put("</tbody></table>\n" if begun else f"<p>{escape(empty)}</p>\n")

    def end(self) -> None:
        """End the page."""
        self._put("</main></body></html>\n")


_FOLDERS: Final = ("documents/", "files/")


def _linked(text: str) -> str:
    """Text whose lines may be the name of a file beside the page: those are links."""
    return "\n".join(
        f'<a href="{escape(line)}">{escape(line)}</a>' if line.startswith(_FOLDERS) else escape(line)
        for line in text.split("\n")
    )
