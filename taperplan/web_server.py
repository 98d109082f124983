"""Settings of gunicorn, for the demo and for production: `gunicorn -c python:taperplan.web_server taperplan.wsgi`.

Threads, because a page waits for the database more than for the processor. Nothing is loaded before the fork, so that
processes share no connection.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from taperplan import env, logs
from taperplan.parent import die_with_parent

bind = env.text("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = env.number("WEB_WORKERS", 2, least=1, most=64)
threads = env.number("WEB_THREADS", 4, least=1, most=64)
# A process accepts no request without a free thread: another process may have one.
worker_connections = threads
preload_app = False
timeout = 30
graceful_timeout = 10
# One request per connection, as the front server sends them.
keepalive = 0
# Bounds slow leaks; the jitter keeps the processes from restarting together.
max_requests = 5_000
max_requests_jitter = 500
# A heartbeat file on a real disk can block a process.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn makes the file safely
# The application writes the access log, without paths.
accesslog = None
errorlog = "-"
# By default its logger does not propagate, and would write plain lines with paths and whole tracebacks.
logconfig_dict = {
    **logs.CONFIG,
    "loggers": {
        **logs.CONFIG["loggers"],
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
    },
}
no_control_socket = True
limit_request_line = 4_094
limit_request_fields = 60
# Only proxies named here may say that a request came over TLS.
forwarded_allow_ips = env.text("FORWARDED_ALLOW_IPS", "127.0.0.1")


# Any: gunicorn ships no types.
def post_fork(server: Any, worker: Any) -> None:
    """Let workers die with a killed master, so that the port is free for the next."""
    die_with_parent(os.getppid(), signal.SIGTERM)
