"""The Django project around `plans`: settings, the Celery app, root addresses, servers for the demo and the tests."""

from __future__ import annotations

# `serving` registers the checks of `check --deploy` in every process.
from taperplan import serving
from taperplan.celery import app as celery_app

__all__ = ["celery_app", "serving"]
