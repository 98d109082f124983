"""The downtime list as one HTML file that decrypts itself: what is inside, and the page around it."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from typing import Final

from plans.domain.rights.downtime import DowntimeFacts, DowntimePatient, SealedList

_STYLE: Final = (
    "body{font:16px/1.45 system-ui,sans-serif;margin:1.5rem auto;max-width:72rem;padding:0 1rem;color:#17202a;"
    "background:#fff}h1{font-size:1.5rem}table{width:100%;border-collapse:collapse}caption{text-align:left;"
    "font-weight:600;padding:.6rem 0}th[scope=row]{min-width:11rem}"
    "th,td{text-align:left;vertical-align:top;padding:.45rem .6rem .45rem 0;"
    "border-bottom:1px solid #b9c3cd;overflow-wrap:anywhere}ul{margin:0;padding:0;list-style:none}label{display:block;"
    "font-weight:600}input{font:inherit;padding:.5rem;width:100%;max-width:26rem;text-transform:uppercase}"
    "button{font:inherit;padding:.5rem 1rem;margin:.6rem 0}p[role=status]{font-weight:600}"
    "@media(max-width:40rem){table,tbody,tr,th,td{display:block}thead{display:none}tr{padding:.6rem 0;"
    "border-bottom:2px solid #17202a}th,td{border:0;padding:.15rem 0}}@media print{body{margin:0;font-size:10pt}"
    "tr{break-inside:avoid}}"
)
_SCRIPT: Final = """"use strict";
const form = document.querySelector("form"), say = document.querySelector("[role=status]");
const sealed = JSON.parse(document.getElementById("sealed").textContent);
const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const read = (text) => new TextEncoder().encode(text);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  say.textContent = form.dataset.wait;
  try {
    const code = form.elements.code.value.toUpperCase().replace(/[^A-Z2-7]/g, "");
    const from = await crypto.subtle.importKey("raw", read(code), "PBKDF2", false, ["deriveKey"]);
    const how = {name: "PBKDF2", hash: "SHA-256", salt: bytes(sealed.salt), iterations: sealed.iterations};
    const key = await crypto.subtle.deriveKey(how, from, {name: "AES-GCM", length: 256}, false, ["decrypt"]);
    const open = {name: "AES-GCM", iv: bytes(sealed.iv), additionalData: read(sealed.about)};
    const plain = await crypto.subtle.decrypt(open, key, bytes(sealed.data));
    document.querySelector("main").innerHTML = new TextDecoder().decode(plain);
  } catch {
    say.textContent = form.dataset.wrong;
    form.elements.code.focus();
  }
});
"""
_HASH: Final = b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_POLICY: Final = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_HASH}'"


def inside(facts: DowntimeFacts) -> str:
    """What stands on the page once it is decrypted."""
    heads = "".join(f'<th scope="col">{escape(one)}</th>' for one in facts.heads)
    return (
        f"<h1>{escape(facts.title)}</h1>"
        + "".join(f"<p>{escape(one)}</p>" for one in facts.sentences)
        + f"<ul>{_pairs(facts.phones)}</ul>"
        + f"<table><thead><tr>{heads}</tr></thead><tbody>"
        + "".join(map(_row, facts.patients))
        + "</tbody></table>"
    )


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"<li><b>{escape(name)}</b> {escape(said)}</li>" for name, said in pairs)


def _row(one: DowntimePatient) -> str:
    notes = "".join(f"<li>{escape(note)}</li>" for note in one.notes)
    return (
        f'<tr><th scope="row">{escape(one.name)}<br>{escape(one.born)}<br>{escape(one.record_no)}</th>'
        f"<td><ul>{_pairs(one.doses)}</ul></td><td><ul>{_pairs(one.phones)}</ul></td><td><ul>{notes}</ul></td></tr>"
    )


def around(sealed: SealedList, words: Mapping[str, str], language: str) -> str:
    """The whole file. It loads nothing, and its script is named by its hash in its own policy."""
    # In a script element nothing may look like its end.
    data = json.dumps(asdict(sealed)).replace("<", "\\u003c")
    return (
        f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(words['title'])}</title><style>{_STYLE}</style></head><body><main>\n"
        f"<h1>{escape(words['title'])}</h1>\n<p>{escape(sealed.about)}</p>\n<p>{escape(words['what'])}</p>\n"
        f'<form data-wait="{escape(words["wait"])}" data-wrong="{escape(words["wrong"])}">\n'
        f'<label for="code">{escape(words["code"])}</label>\n'
        '<input id="code" name="code" autocomplete="off" autofocus spellcheck="false">\n'
        f'<button>{escape(words["open"])}</button>\n<p role="status"></p></form>\n'
        f"<noscript><p>{escape(words['noscript'])}</p></noscript>\n</main>\n"
        f'<script type="application/json" id="sealed">{data}</script>\n<script>{_SCRIPT}</script></body></html>\n'
    )
