#!/usr/bin/env python
"""Commands of the project: `python manage.py help`."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from taperplan import config_errors

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taperplan.settings")
    try:
        execute_from_command_line(sys.argv)
    except Exception as fault:  # noqa: BLE001 - whatever the settings raise; all else is raised again
        config_errors.explain(sys.argv, fault)
