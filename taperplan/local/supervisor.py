"""`make demo`: starts every part, waits until all answer, prints where to go, and ends everything when it ends.

SIGINT, SIGTERM and SIGHUP have our own handlers: a script's background job starts with SIGINT ignored.
After SIGKILL the kernel ends the children (`taperplan.local.children`).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType, MappingProxyType

from taperplan.local import demo
from taperplan.local.children import (
    LocalServerError,
    end,
    free_port,
    private_file,
    spawn,
    tail,
)
from taperplan.local.folder import CannotStart, check_release, lock, reset
from taperplan.local.launcher import Launcher
from taperplan.local.manage import ENVIRONMENT
from taperplan.local.postgres import Postgres, data_home
from taperplan.local.valkey import Valkey
from taperplan.parent import die_with_parent

_READY_SECONDS = 90.0
_MOST_RESTARTS = 8
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal told us to end; raised wherever we are, so that starting can be interrupted too."""


class Supervisor:
    """Starts and watches the parts; `run` returns the exit status."""

    def __init__(self, var: Path, port: int, mail_page_port: int) -> None:
        self.var = var
        self.port = port
        self.page_port = mail_page_port
        self.smtp_port = 0
        home = data_home(var)
        self.postgres = Postgres(home / "data")
        self.valkey = Valkey(var / "valkey", keep=True)
        self.env: dict[str, str] = {}
        self.children: dict[str, tuple[demo.Program, subprocess.Popen[bytes]]] = {}
        self.restarts = 0
        self.in_terminal = sys.stdout.isatty()
        self.launcher = Launcher()

    def run(self) -> int:
        """Start everything, print where to go, watch until a signal, end everything."""
        try:
            self._start()
            self._welcome()
            while True:
                self._watch()
                time.sleep(0.5)
        except Stopped:
            _say("\nStopping…")
            return 0
        except (CannotStart, LocalServerError) as why:
            _say(f"\nThe demo cannot go on. {why}")
            return 1
        finally:
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            self._stop()

    def _start(self) -> None:
        for folder in ("log", "run", "documents", "mail"):
            (self.var / folder).mkdir(mode=0o700, exist_ok=True)
        _check_free(self.port)
        self.smtp_port = free_port()
        if not _is_free(self.page_port):
            self.page_port = free_port()
        with _step("PostgreSQL"):
            self._start_postgres()
        check_release(self.postgres.url())
        with _step("Valkey (Redis protocol)"):
            self.valkey.start()
        self.env = demo.environment(
            self.var,
            port=self.port,
            smtp_port=self.smtp_port,
            # Commands of manage.py run as a worker does.
            database_url=self.postgres.url(role="taperplan_worker"),
            redis_url=self.valkey.url,
        )
        private_file(ENVIRONMENT, json.dumps(self.env))
        with _step("Database tables"):
            owner = {"OWNER_DATABASE_URL": self.postgres.url(role="taperplan_owner")}
            self._manage("prepare_database", env=owner)
        with _step("Static files"):
            self._manage("collectstatic", "--no-input", "--clear")
        programs = demo.programs(
            self.var,
            port=self.port,
            smtp_port=self.smtp_port,
            page_port=self.page_port,
            web_database_url=self.postgres.url(role="taperplan_app"),
        )
        # The mail receiver first, because seeding really sends messages.
        self._spawn_and_wait(programs[:1])
        with _step("A clinic to look at"):
            self._manage("seed", *(("--small",) if os.environ.get("DEMO_SEED") == "small" else ()))
        self._spawn_and_wait(programs[1:])

    def _spawn_and_wait(self, programs: list[demo.Program]) -> None:
        children = [(program, self._spawn(program)) for program in programs]
        for program, child in children:
            with _step(program.name):
                self._wait_ready(program, child)

    def _start_postgres(self, port: int | None = None) -> None:
        self.postgres.data.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.postgres.start(port=port)

    def _manage(self, *arguments: str, env: Mapping[str, str] = MappingProxyType({})) -> None:
        """Run a command of manage.py to its end."""
        log = self.var / "log" / f"{arguments[0]}.log"
        log.unlink(missing_ok=True)
        child = spawn(
            [sys.executable, "manage.py", *arguments],
            log=log,
            env={**self.env, **env},
            cwd=demo.ROOT,
            death_signal=signal.SIGKILL,
        )
        try:
            _follow(child, log)
            status = child.wait()
        except BaseException:
            end(child, signal.SIGTERM, patience=2)
            raise
        if status != 0:
            raise CannotStart(f"`manage.py {' '.join(arguments)}` failed. {log} ends:\n{tail(log)}")

    def _spawn(self, program: demo.Program) -> subprocess.Popen[bytes]:
        if program.ready_file is not None:
            program.ready_file.unlink(missing_ok=True)
        child = spawn(
            program.command,
            log=self.var / "log" / f"{program.name}.log",
            death_signal=program.death_signal,
            env=self.env | program.env,
            cwd=demo.ROOT,
        )
        self.children[program.name] = (program, child)
        return child

    def _wait_ready(self, program: demo.Program, child: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + _READY_SECONDS
        log = self.var / "log" / f"{program.name}.log"
        while not program.ready():
            if child.poll() is not None:
                raise CannotStart(
                    f"{program.name} ended with status {child.returncode}. {log} ends:\n{tail(log)}"
                )
            if time.monotonic() > until:
                raise CannotStart(f"{program.name} did not get ready. {log} ends:\n{tail(log)}")
            time.sleep(0.1)

    def _watch(self) -> None:
        """Restart what died, as a service manager would; give up if it keeps dying."""
        # When the terminal closes and `make` was its session leader, nobody else is signalled.
        if self.launcher.was_interrupted() or (self.in_terminal and not sys.stdout.isatty()):
            raise Stopped
        for name, (program, child) in list(self.children.items()):
            if child.poll() is not None:
                self._count_restart(name, self.var / "log" / f"{name}.log")
                end(child, signal.SIGKILL, patience=1)
                self._spawn(program)
        if self.valkey.process is not None and self.valkey.process.poll() is not None:
            self._count_restart("Valkey", self.valkey.log)
            self.valkey.start(port=self.valkey.port)
        if self.postgres.process is not None and self.postgres.process.poll() is not None:
            self._count_restart("PostgreSQL", self.postgres.log)
            self._start_postgres(port=self.postgres.port)

    def _count_restart(self, name: str, log: Path) -> None:
        self.restarts += 1
        if self.restarts > _MOST_RESTARTS:
            raise CannotStart(f"{name} keeps ending. {log} ends:\n{tail(log)}")
        _say(f"{name} ended; starting it again (its log: {log})")
        time.sleep(0.5)

    def _welcome(self) -> None:
        logins = self.var / "logins.txt"
        _say(f"\nTaperplan      http://localhost:{self.port}/")
        _say(
            f"Mail           http://localhost:{self.page_port}/   (each message is a file in {self.var / 'mail'})"
        )
        _say(f"Logs           {self.var / 'log'}")
        if self.postgres.data.parent != self.var / "postgres":
            _say(f"Database       {self.postgres.data} (this folder is closed to the server's user)")
        if logins.exists():
            _say("\n" + logins.read_text().rstrip())
        _say("\nMove the clock with: .venv/bin/python -m taperplan.local.manage demo_clock +7d")
        _say("End with Ctrl-C; the data stays. `make demo-reset` begins afresh.")

    def _stop(self) -> None:
        """End workers first and servers last; nothing is left running."""
        asked = list(reversed(self.children.values()))
        for program, child in asked:
            if child.poll() is None:
                child.send_signal(program.stop_signal)
        for program, child in asked:
            end(child, program.stop_signal, patience=12)
        self.children.clear()
        ENVIRONMENT.unlink(missing_ok=True)
        self.valkey.stop()
        self.postgres.stop()


def _stop_signal(number: int, frame: FrameType | None) -> None:
    raise Stopped


@contextlib.contextmanager
def _step(name: str) -> Iterator[None]:
    """Print what is being started and how long it took."""
    began = time.monotonic()
    sys.stdout.write(f"  {name:<26}")
    sys.stdout.flush()
    yield
    _say(f"{time.monotonic() - began:5.1f} s")


def _follow(child: subprocess.Popen[bytes], log: Path) -> None:
    """Show a long command's progress, from lines like "30 of 190 days" in its log, until it ends."""
    shown = 0
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(0.2)
            return
        done = re.findall(r"^(\d+) of (\d+) days", log.read_text(errors="replace"), re.MULTILINE)
        for step in range(shown + 10, int(100 * int(done[-1][0]) / int(done[-1][1])) + 1 if done else 0, 10):
            with contextlib.suppress(OSError):
                print(f"{step} % ", end="", flush=True)
            shown = step


def _say(text: str) -> None:
    # A closed terminal must not stop us from ending the children.
    with contextlib.suppress(OSError):
        print(text, flush=True)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _check_free(port: int) -> None:
    if not _is_free(port):
        raise CannotStart(
            f"Port {port} is in use by another program. Choose another: make demo PORT={port + 1}"
        )


def _port(name: str, default: int) -> int:
    raw = os.environ.get(name) or str(default)
    if not (raw.isascii() and raw.isdigit()) or not 1 <= int(raw) <= 65_000:
        raise CannotStart(f"{name}={raw} is no port. Write a number from 1 to 65000.")
    return int(raw)


def main(arguments: list[str]) -> int:
    """`run` or `reset`."""
    for number in _SIGNALS:
        signal.signal(number, _stop_signal)
    if "MAKELEVEL" in os.environ:
        # If `make` is killed, nobody is left to pass a signal on.
        die_with_parent(os.getppid(), signal.SIGTERM)
    var = demo.VAR
    try:
        port = _port("PORT", 8000)
        with lock(var):
            if arguments == ["reset"]:
                reset(var)
                return 0
            return Supervisor(var, port, _port("MAIL_PORT", port + 25)).run()
    except CannotStart as why:
        _say(str(why))
        return 1
    except Stopped:
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
