"""The shipped proxy (`deploy/nginx`) started on loopback, with a certificate made for it alone: for tests and figures.

It needs nginx and openssl on the machine (Debian: apt-get install nginx-light openssl); neither is downloaded.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from taperplan.local.children import LocalServerError, end, free_port, spawn, tail

MISSING = "no nginx found: tests of the shipped proxy were not run (Debian: apt-get install nginx-light)"
START = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "start.sh"
HOST = "localhost"


def nginx() -> str | None:
    """The program, also where Debian keeps it from the path of ordinary users."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@dataclass(frozen=True)
class Proxy:
    """A running proxy: its ports, its certificate, what it wrote."""

    https: int
    http: int
    certificate: Path
    log: Path

    def trust(self) -> ssl.SSLContext:
        """A client's context that trusts its certificate and no other."""
        return ssl.create_default_context(cafile=str(self.certificate))


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    found, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(  # noqa: S603 - our own arguments
        [
            shutil.which("openssl") or "openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2",
            "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", f"/CN={HOST}",
            "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", str(key), "-out", str(found),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return found, key


def settings(folder: Path, front: int) -> dict[str, str]:
    """What `start.sh` is told: a proxy in front of the port `front`, with all that it writes in `folder`."""
    found, key = certificate(folder)
    return {
        "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin",
        "SITE_URL": f"https://{HOST}",
        "CERTIFICATE": str(found),
        "CERTIFICATE_KEY": str(key),
        "FRONT": f"127.0.0.1:{front}",
        "HTTPS": f"127.0.0.1:{free_port()}",
        "HTTP": f"127.0.0.1:{free_port()}",
        "RESOLVER": "127.0.0.1",
        "WORKERS": "2",
        "RUN_DIR": str(folder / "run"),
    }


@contextmanager
def running(front: int) -> Iterator[Proxy]:
    """The proxy in front of a port of this machine. Raises LocalServerError if it does not start."""
    # nginx started as root changes to a user who must reach the folder.
    folder = Path(tempfile.mkdtemp(prefix="taperplan-proxy-"))
    folder.chmod(0o755)
    env = settings(folder, front)
    log = folder / "proxy.log"
    try:
        child = spawn(["sh", str(START)], log=log, env=env, cwd=folder)
        try:
            made = Proxy(_port(env["HTTPS"]), _port(env["HTTP"]), Path(env["CERTIFICATE"]), log)
            _wait(made, child)
            yield made
        finally:
            end(child, signal.SIGTERM, patience=5)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _wait(made: Proxy, child: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 20
    while time.monotonic() < ends and child.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", made.https), 1):
                return
        except OSError:
            time.sleep(0.05)
    raise LocalServerError(f"The proxy did not start. Its log ends:\n{tail(made.log)}")
