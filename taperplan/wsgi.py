"""The web process's entry point."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taperplan.settings")
# A page that rings the bell must not wait longer than this for a frozen Redis; workers may.
os.environ.setdefault("REDIS_TIMEOUT", "2")

from taperplan import serving

application = get_wsgi_application()
serving.require()
