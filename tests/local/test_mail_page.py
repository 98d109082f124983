"""The demo's page of messages shows text messages too: escaped, with links into the demo."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from plans.channels.short import ShortMessage
from plans.channels.sms.files import FileProvider
from taperplan.local import mail_page
from taperplan.local.children import free_port
from taperplan.local.mailbox import Mailbox

SITE = "http://localhost:8000/"


@pytest.mark.slow
def test_text_messages_are_shown_newest_first_and_their_links_can_be_followed(tmp_path: Path) -> None:
    port = free_port()
    server = mail_page.serve(Mailbox(tmp_path / "mail"), port, SITE)
    try:

        def shown(path: str) -> str:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return str(answer.read().decode())

        assert 'href="/texts"' in shown("/")
        assert "No text messages yet" in shown("/texts")
        provider = FileProvider(tmp_path / "texts")
        provider.send(ShortMessage("+15550142", "<1@demo.example.org>", f"Taperplan: <b>. {SITE}k/abc"))
        page = shown("/texts")
    finally:
        server.shutdown()
        server.server_close()
    assert "+15550142" in page
    assert "&lt;b&gt;" in page
    assert f'<a href="{SITE}k/abc"' in page
