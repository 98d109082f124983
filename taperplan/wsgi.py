"""The web process's entry point."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.core.wsgi import get_wsgi_application
from django.db import connections

if TYPE_CHECKING:
    from plans.web.edge import Edge

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taperplan.settings")
# A page that notifies workers must not wait longer than this for a frozen Redis; workers may.
os.environ.setdefault("REDIS_TIMEOUT", "2")

from taperplan import serving


def _served() -> Edge:
    inner = get_wsgi_application()
    from plans.web.edge import Edge  # noqa: PLC0415 - only once the applications are loaded

    return Edge(inner)


application = _served()
serving.require()
serving.warn_of_wall()
connections.close_all()
