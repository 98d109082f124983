"""Which addresses are patients': it decides what the logs leave out and which processes answer.

Plain Python: the front process reads it before Django is set up.
"""

from __future__ import annotations

import re
from typing import Final

PATIENT_PATHS: Final = re.compile(r"^/(c|p|y|m|q|f|help)(/|$)")
"""Addresses of patients: check-ins, plans, the address confirmed, mail choices, documents, calendars, help lines."""
TOKEN_PATHS: Final = re.compile(r"^/[cpymqf]/[^/]{20,}")
"""Those of them that hold the token of a message's link."""
