"""The drawing process: reads facts from its standard input, draws, reads back, writes the PDF to its output.

Runs as `python -m plans.dispatch.drawer`, without Django, with limits on memory and CPU time and without a network: a
document that exceeds a limit ends this process and nothing else.

Each request is a length (8 bytes) and a pickle made by our own parent. Each answer is lines of JSON: progress
({"page": 1, "pages": 13}), then {"done": true, "size": n, "pages": p, "findings": [codes]} followed by n bytes, or
{"fault": code}.
"""

from __future__ import annotations

import ctypes
import json
import pickle
import resource
import socket
import struct
import sys
from typing import BinaryIO, Final, NoReturn

from plans.domain.errors import TaperplanError

MEMORY_BYTES: Final = 768 * 1024 * 1024
CPU_SECONDS: Final = 40
LENGTH: Final = struct.Struct(">Q")
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000


def _no_network(*_: object, **__: object) -> NoReturn:
    raise PermissionError("the drawing process has no network")


def shut_in() -> bool:
    """Limit memory, files and the network; False if the kernel gave no network namespace.

    Some containers forbid namespaces; then only Python's own socket calls are refused. This guards against faults in
    our code and ReportLab's, not against hostile code; see docs/adr/0015-drawing-process.md.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # This process writes nothing to disk; the parent does.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    apart = not ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    for name in ("connect", "connect_ex", "bind", "sendto", "sendmsg"):
        setattr(socket.socket, name, _no_network)
    socket.create_connection = _no_network
    return apart


def _more_cpu() -> None:
    """Grant a fresh CPU allowance for the next document."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


def _say(out: BinaryIO, **words: object) -> None:
    out.write(json.dumps(words).encode() + b"\n")
    out.flush()


def draw_one(raw: bytes, out: BinaryIO) -> None:
    """Draw one request and answer it."""
    # The parent imports this module too, and must not load ReportLab.
    from plans.documents.kinds import draw, read_back  # noqa: PLC0415 - as above

    try:
        facts = pickle.loads(raw)  # noqa: S301 - made by our own parent
        pages = 0

        def tell(page: int, of: int) -> None:
            nonlocal pages
            pages = of
            _say(out, page=page, pages=of)

        pdf = draw(facts, tell)
        findings = [defect.code for defect in read_back(pdf, facts)]
    except TaperplanError as refusal:
        _say(out, fault=refusal.code)
    except MemoryError:
        _say(out, fault="out_of_memory")
    else:
        _say(out, done=True, size=len(pdf), pages=pages, findings=findings[:20])
        out.write(pdf)
        out.flush()


def main() -> None:
    """Answer requests until the input ends."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    shut_in()
    while True:
        head = source.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return
        _more_cpu()
        draw_one(source.read(LENGTH.unpack(head)[0]), out)


if __name__ == "__main__":
    main()
