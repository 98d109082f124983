"""A page with the demo's messages: read-only, everything escaped, links into the demo can be followed."""

from __future__ import annotations

import http.server
import json
import re
import threading
from datetime import UTC, datetime
from html import escape

from taperplan.local.mailbox import Mailbox, Received

_PAGE_SIZE = 50
_TEXTS = '<p><a href="/texts">Text messages</a></p>'
_CSS = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 56rem; margin: 1.5rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; border: 1px solid #8884; padding: 1rem; }
dt { font-weight: 600; } dd { margin: 0 0 .4rem; }
"""


def serve(mailbox: Mailbox, port: int, site: str) -> http.server.ThreadingHTTPServer:
    """Start the page on 127.0.0.1 in a thread; the caller shuts it down."""
    handler = type("Handler", (_Handler,), {"mailbox": mailbox, "site": site})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="mail page", daemon=True).start()
    return server


class _Handler(http.server.BaseHTTPRequestHandler):
    mailbox: Mailbox
    site: str
    server_version = "mail"
    sys_version = ""

    def do_GET(self) -> None:
        # DNS rebinding: another site could point its name at 127.0.0.1 and read the messages.
        if (self.headers.get("Host") or "").rpartition(":")[0] not in {"localhost", "127.0.0.1"}:
            self._answer(403, "text/plain", "localhost only\n")
            return
        path, _, query = self.path.partition("?")
        number = re.fullmatch(r"/([0-9]{1,6})", path)
        if path == "/":
            before = re.fullmatch(r"before=([0-9]{1,6})", query)
            self._answer(200, "text/html", self._list(int(before[1]) if before else None))
        elif path == "/texts":
            self._answer(200, "text/html", self._texts())
        elif path == "/mail.css":
            self._answer(200, "text/css", _CSS)
        elif number and (entry := self._find(int(number[1]))):
            self._answer(200, "text/html", self._message(entry))
        else:
            self._answer(404, "text/html", _page("Not here", "<p>There is no such message.</p>"))

    def _find(self, number: int) -> Received | None:
        return next((entry for entry in self.mailbox.received() if entry.number == number), None)

    def _texts(self) -> str:
        """The text messages that the file-writing provider wrote, newest first."""
        files = (self.mailbox.folder.parent / "texts").glob("[!.]*.json")
        newest = sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)[:_PAGE_SIZE]
        back = '<p><a href="/">Mail</a></p>'
        if not newest:
            return _page("Text messages of the demo", f"{back}<p>No text messages yet.</p>")
        rows = ""
        for file in newest:
            sent = json.loads(file.read_text(encoding="utf-8"))
            when = datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S")
            rows += (
                f"<tr><td>{when}</td><td>{escape(sent['to'])}</td><td>{self._linked(sent['text'])}</td></tr>"
            )
        table = f"<table><tr><th>Sent (UTC)</th><th>To</th><th>Text</th></tr>{rows}</table>"
        return _page("Text messages of the demo", back + table)

    def _list(self, before: int | None) -> str:
        entries = [e for e in reversed(self.mailbox.received()) if before is None or e.number < before]
        if not entries:
            return _page(
                "Mail of the demo", f"{_TEXTS}<p>No messages yet. They appear here as they are sent.</p>"
            )
        rows = "".join(
            f"<tr><td>{escape(e.received_at[:19].replace('T', ' '))}</td><td>{escape(', '.join(e.recipients))}</td>"
            f'<td><a href="/{e.number}">{escape(e.subject) or "(no subject)"}</a></td></tr>'
            for e in entries[:_PAGE_SIZE]
        )
        older = (
            f'<p><a href="/?before={entries[_PAGE_SIZE - 1].number}">Older messages</a></p>'
            if len(entries) > _PAGE_SIZE
            else ""
        )
        table = f"<table><tr><th>Received (UTC)</th><th>To</th><th>Subject</th></tr>{rows}</table>"
        return _page("Mail of the demo", _TEXTS + table + older)

    def _message(self, entry: Received) -> str:
        message = self.mailbox.message(entry)
        facts = "".join(
            f"<dt>{name}</dt><dd>{escape(str(message[name]))}</dd>"
            for name in ("From", "To", "Date", "Subject", "Message-ID")
            if message[name]
        )
        part = message.get_body(("plain", "html"))
        text = part.get_content() if part is not None else ""
        return _page(
            entry.subject,
            f'<p><a href="/">All messages</a></p><dl>{facts}</dl><pre>{self._linked(text)}</pre>',
        )

    def _linked(self, text: str) -> str:
        """The text escaped; addresses of the demo become links."""
        pieces = re.split(f"({re.escape(self.site)}[A-Za-z0-9/_.~-]*)", text)
        return "".join(
            f'<a href="{escape(piece)}" rel="noreferrer">{escape(piece)}</a>' if number % 2 else escape(piece)
            for number, piece in enumerate(pieces)
        )

    def _answer(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header(
            "Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
        )
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Do nothing: the supervisor's log is for errors."""


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/mail.css"></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
