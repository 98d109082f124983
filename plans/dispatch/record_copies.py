"""Writes a copy of everything kept about a patient: a zip, streamed from rows into sealed pieces."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from django.utils import translation

from plans.documents.record_page import RecordPage
from plans.services.outbox import Claim
from plans.services.record_copies import writing
from plans.services.record_copies.parts import PARTS
from plans.services.record_copies.schema import schema
from plans.services.record_copies.writing import CopyFacts, PieceWriter
from plans.wording.record_copy import COLUMNS, LEFT_OUT
from plans.wording.record_copy import PARTS as TITLES

# The same content gives the same bytes.
_WRITTEN: Final = (1980, 1, 1, 0, 0, 0)


def make(claim: Claim) -> str:
    """Make the copy of a claim: "ready", "skipped" if nobody wants it any more, or "lost" to another worker.

    Raises files.StoreAway if a document's store does not answer.
    """
    facts = writing.begin(claim)
    if facts is None:
        return "skipped"
    out = PieceWriter(claim, facts.copy_id)
    try:
        with translation.override(facts.language), zipfile.ZipFile(out, "w") as packed:
            for found in facts.attachments():
                if found.content is None:
                    facts.missing.append(found.name)
                    continue
                with _member(packed, found.name) as member:
                    member.write(found.content)
            out.step()
            with _member(packed, "record.json") as member:
                _record(facts, member, out)
            with _member(packed, "index.html") as member:
                _page(facts, member, out)
            with _member(packed, "record.schema.json") as member:
                member.write(json.dumps(schema(), indent=1).encode())
        return "ready" if out.publish() else "skipped"
    except writing.Lost:
        return "lost"


@contextmanager
def _member(packed: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    entry = zipfile.ZipInfo(name, _WRITTEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with packed.open(entry, "w") as member:
        yield member


def _record(facts: CopyFacts, member: IO[bytes], out: PieceWriter) -> None:
    member.write(b"{")
    for name, value in writing.head_json(facts).items():
        member.write(writing.dumped(name) + b": " + writing.dumped(value) + b",\n")
    for part in PARTS:
        member.write(writing.dumped(part.code) + b": [")
        for n, row in enumerate(facts.json_rows(part)):
            member.write((b",\n" if n else b"\n") + writing.dumped(row))
        member.write(b"],\n")
        out.step()
    beside = {str(key): name for key, name in facts.names.items() if name not in facts.missing}
    left_out = [{"what": what, "why": why, "reason": str(LEFT_OUT[why])} for what, why in facts.left_out()]
    member.write(b'"attachments": ' + writing.dumped(beside) + b",\n")
    member.write(b'"left_out": ' + writing.dumped(left_out) + b"}\n")


def _page(facts: CopyFacts, member: IO[bytes], out: PieceWriter) -> None:
    head = facts.head
    page = RecordPage(member, language=facts.language, columns=[str(one) for one in COLUMNS])
    titles = [(part.code, str(TITLES[part.code])) for part in PARTS]
    said = (head["made"], head["what"], head["others"])
    page.head(head["title"], said, head["contents"], [*titles, ("left-out", head["left_out"])])
    for part in PARTS:
        page.section(part.code, str(TITLES[part.code]))
        if part.say is None:
            page.sentence(head["only_json"])
        else:
            page.table(facts.lines(part), head["none"], heads=part.code != "person")
        out.step()
    page.section("left-out", head["left_out"])
    left_out = ((what, str(LEFT_OUT[why]), "") for what, why in facts.left_out())
    page.table(left_out, head["none"], heads=False)
    page.end()
