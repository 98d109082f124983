"""Child processes that never outlive their parent, even when it is killed with SIGKILL.

Linux sends a chosen signal when the parent dies (PR_SET_PDEATHSIG). It must be set after a change of user, which clears
it, and it is tied to the thread that made the child: start children from the main thread.
"""

from __future__ import annotations

import atexit
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import SystemRandom

from taperplan.parent import die_with_parent

# Bound to this address while we live, a port counts as given out.
_TOKENS = "127.83.0.1"
_OURS = range(20_000, 32_000)


class LocalServerError(RuntimeError):
    """A local server did not start or stop; the message names it and quotes its log."""


def before_exec(death_signal: signal.Signals, user: pwd.struct_passwd | None) -> Callable[[], None]:
    """A function for a child between fork and exec: drop root, then die with the parent."""
    parent = os.getpid()

    def prepare() -> None:
        if user is not None:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        # Do not inherit ignored signals; a script's background job ignores SIGINT.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        die_with_parent(parent, death_signal)

    return prepare


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    death_signal: signal.Signals = signal.SIGTERM,
    user: pwd.struct_passwd | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own, its output added to `log`."""
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603 - commands are ours, no shell
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            process_group=0,
            preexec_fn=before_exec(death_signal, user),  # noqa: PLW1509 - from the main thread only, see above
        )


def end(child: subprocess.Popen[bytes], first: signal.Signals, *, patience: float) -> None:
    """Ask the child to stop with `first`; after `patience` seconds kill its whole group."""
    if child.poll() is None:
        child.send_signal(first)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            kill_group(child)
            child.wait(5)
    kill_group(child)


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kill the rest of the child's process group."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def wait_for_exit(pid: int | None, seconds: float) -> None:
    """Wait until process `pid` is gone, at most `seconds`."""
    until = time.monotonic() + seconds
    while pid is not None and Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.05)


def free_port() -> int:
    """A TCP port on 127.0.0.1 that was free a moment ago, and that no other caller gets while we live.

    It is below the ephemeral ports: any program that opens a connection could take one of those before the server
    starts.
    """
    for port in SystemRandom().sample(_OURS, 100):
        token = socket.socket()
        try:
            token.bind((_TOKENS, port))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            token.close()
            continue
        # Closed at exit, so that the interpreter does not complain about each.
        atexit.register(token.close)
        return port
    # Not every system has more than one loopback address.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def unprivileged() -> pwd.struct_passwd | None:
    """`nobody` if we are root, else None: the servers refuse to run as root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, for error messages."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


def private_file(path: Path, text: str, owner: pwd.struct_passwd | None = None) -> None:
    """Write `text` to a file that only its owner can read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text)
    if owner is not None:
        os.chown(path, owner.pw_uid, owner.pw_gid)
