"""The drawing process: reads facts from its standard input, draws, reads back, writes the PDF to its output.

Runs as `python -m plans.dispatch.drawer`, without Django, with limits on memory and CPU time and without a network: a
document that needs too much of anything ends this process and nothing else.

Each request is a length (8 bytes) and a pickle made by our own parent. Each answer is lines of JSON: progress
({"page": 1, "pages": 13}), then {"done": true, "size": n, "pages": p, "findings": [codes]} followed by n bytes, or
{"fault": code}.
"""

from __future__ import annotations

import ctypes
import json
import pickle
import platform
import resource
import socket
import struct
import sys
from typing import Any, BinaryIO, Final, NoReturn

from plans.domain.errors import TaperplanError

MEMORY_BYTES: Final = 768 * 1024 * 1024
CPU_SECONDS: Final = 40
LENGTH: Final = struct.Struct(">Q")
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_MODE_FILTER: Final = 2
# The kernel's name of a machine, and the numbers of `socket`, `connect` and `io_uring_setup` there.
_MACHINES: Final = {
    "x86_64": (0xC000003E, (41, 42, 425)),
    "aarch64": (0xC00000B7, (198, 203, 425)),
}
_LOAD, _EQUALS, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW: Final = 0x7FFF0000
_DENY: Final = 0x00050000 | 1  # "not permitted"
# Numbers from here on are another way to call the same things.
_OTHER_CALLS: Final = 0x40000000


def _no_network(*_: Any, **__: Any) -> NoReturn:
    raise PermissionError("the drawing process has no network")


def _no_sockets(libc: Any) -> bool:
    """Have the kernel refuse every socket of this process from now on; False where it cannot. It needs no right that
    a container takes away."""
    if platform.machine() not in _MACHINES:
        return False
    machine, calls = _MACHINES[platform.machine()]
    # (what to do, steps on if true, steps on if false, with what number)
    rules = [
        (_LOAD, 0, 0, 4),
        (_EQUALS, 1, 0, machine),
        (_RETURN, 0, 0, _DENY),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, len(calls) + 1, 0, _OTHER_CALLS),
        *((_EQUALS, len(calls) - n, 0, call) for n, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENY),
    ]
    code = b"".join(struct.pack("=HBBI", *rule) for rule in rules)
    held = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HxxxxxxP", len(rules), ctypes.addressof(held))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return not libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.create_string_buffer(program), 0, 0)


def shut_in() -> bool:
    """Give up memory without end and every network; False if the kernel helped with the network in no way.

    Two ways of the kernel are taken, a network of its own and a filter, because some containers forbid the first.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Nothing is written to disk here: the parent does that.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    libc = ctypes.CDLL(None)
    apart = not libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    filtered = _no_sockets(libc)
    # For kernels that do neither.
    for name in ("connect", "connect_ex", "bind", "sendto", "sendmsg"):
        setattr(socket.socket, name, _no_network)
    socket.create_connection = _no_network
    return apart or filtered


def _more_cpu() -> None:
    """A fresh allowance for the next document."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


def _say(out: BinaryIO, **words: Any) -> None:
    out.write(json.dumps(words).encode() + b"\n")
    out.flush()


def draw_one(raw: bytes, out: BinaryIO) -> None:
    """Draw one request and answer it."""
    # Whoever asks for a drawing imports this module, and no ReportLab.
    from plans.documents.kinds import draw, read_back  # noqa: PLC0415 - as said above

    try:
        facts = pickle.loads(raw)  # noqa: S301 - made by our parent a moment ago
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
