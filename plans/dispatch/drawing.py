"""The parent's side of the drawing process: sends facts, receives progress and the PDF, or why there is none."""

from __future__ import annotations

import json
import os
import pickle
import selectors
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from plans.dispatch.drawer import LENGTH
from plans.domain.documents.facts import DocumentFacts
from plans.domain.json import JsonObject

# The longest that drawing and reading back may take on a busy machine.
SECONDS: Final = 50.0
LARGEST: Final = 32 * 1024 * 1024
_ROOT: Final = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Drawn:
    """A finished PDF and what reading it back found; it may be published only if that is empty."""

    content: bytes
    pages: int
    findings: tuple[str, ...]


class NotDrawn(Exception):
    """There is no PDF. `fault` is a stable code; `again`: whether another try may succeed (the process died)."""

    def __init__(self, fault: str, *, again: bool) -> None:
        super().__init__(fault)
        self.fault = fault
        self.again = again


class Drawer:
    """One drawing process for many documents, started when first needed and restarted when it dies."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def draw(self, facts: DocumentFacts, progress: Callable[[int, int], None]) -> Drawn:
        """Draw and read back. Raises NotDrawn; whatever `progress` raises ends the drawing."""
        raw = pickle.dumps(facts)
        child = self._ready()
        ends = time.monotonic() + self._seconds
        try:
            return self._answer(child, raw, progress, ends)
        except NotDrawn as error:
            if error.again:
                self.close()
            raise
        except BaseException:
            self.close()
            raise

    def _answer(
        self, child: subprocess.Popen[bytes], raw: bytes, progress: Callable[[int, int], None], ends: float
    ) -> Drawn:
        assert child.stdin is not None  # noqa: S101 - Popen with a pipe
        try:
            child.stdin.write(LENGTH.pack(len(raw)) + raw)
            child.stdin.flush()
        except OSError as error:
            raise NotDrawn("process_died", again=True) from error
        while True:
            said = self._line(child, ends)
            if "fault" in said:
                raise NotDrawn(str(said["fault"])[:60], again=said["fault"] == "out_of_memory")
            if "done" in said:
                size = int(said["size"])
                if not 0 < size <= LARGEST:
                    raise NotDrawn("too_large", again=False)
                content = self._take(child, size, ends)
                return Drawn(content, int(said["pages"]), tuple(str(code)[:40] for code in said["findings"]))
            progress(int(said["page"]), int(said["pages"]))

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        # Our environment is not passed on: no database address, no keys.
        self._child = subprocess.Popen(
            [sys.executable, "-m", "plans.dispatch.drawer"],
            cwd=_ROOT,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._child

    def _line(self, child: subprocess.Popen[bytes], ends: float) -> JsonObject:
        while b"\n" not in self._buffer:
            self._buffer += self._read(child, ends)
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            said = json.loads(line)
        except ValueError as error:
            raise NotDrawn("process_died", again=True) from error
        return dict(said)

    def _take(self, child: subprocess.Popen[bytes], size: int, ends: float) -> bytes:
        while len(self._buffer) < size:
            self._buffer += self._read(child, ends)
        content, self._buffer = self._buffer[:size], self._buffer[size:]
        return content

    def _read(self, child: subprocess.Popen[bytes], ends: float) -> bytes:
        assert child.stdout is not None  # noqa: S101 - Popen with a pipe
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            # Never more than a whole drawing may take, even if this clock is put back (a machine that was frozen, a
            # test that moves time).
            left = min(ends - time.monotonic(), self._seconds)
            if left <= 0 or not selector.select(left):
                raise NotDrawn("took_too_long", again=True)
        found = os.read(child.stdout.fileno(), 1 << 16)
        if not found:
            raise NotDrawn("process_died", again=True)
        return found

    def close(self) -> None:
        """Kill the process, whatever it is doing."""
        child, self._child, self._buffer = self._child, None, b""
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        child.wait(10)
