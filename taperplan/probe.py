"""Health checks for containers: `python -m taperplan.probe` with `web`, `worker` or `beat`.

Exit status 0 if healthy, else 1 with the reason on one line.
"""

from __future__ import annotations

import http.client
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

_STILL_SECONDS = 60


def web() -> str:
    """Ask /readyz of the web process in this container; an empty text if it is ready."""
    port = int(os.environ.get("BIND", "127.0.0.1:8000").rpartition(":")[2])
    host = urlsplit(os.environ.get("SITE_URL", "http://localhost")).hostname or "localhost"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        answer = connection.getresponse()
        return "" if answer.status == http.HTTPStatus.OK else f"{answer.status} {answer.read(500).decode()}"
    except OSError as broken:
        return f"web does not answer: {type(broken).__name__}"
    finally:
        connection.close()


def beat() -> str:
    """Check that beat ticked within a minute; an empty text if it has."""
    return _moved("BEAT_ALIVE_FILE", "beat")


def worker() -> str:
    """Check that the worker's loop ran within a minute; an empty text if it has."""
    return _moved("WORKER_ALIVE_FILE", "the worker")


def _moved(name: str, what: str) -> str:
    try:
        age = time.time() - Path(os.environ[name]).stat().st_mtime
    except (KeyError, OSError) as missing:
        return f"no sign of {what}: {type(missing).__name__}"
    return "" if age < _STILL_SECONDS else f"{what} stands still for {age:.0f} s"


PROBES = {"web": web, "beat": beat, "worker": worker}


def main(arguments: list[str]) -> int:
    """Run the named probe."""
    if len(arguments) != 1 or arguments[0] not in PROBES:
        print(f"name one of: {', '.join(PROBES)}")
        return 2
    trouble = PROBES[arguments[0]]()
    if trouble:
        print(trouble)
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
