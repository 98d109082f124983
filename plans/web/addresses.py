"""Which addresses are patients': what is hidden about them, and which processes answer them, hangs on this.

Plain Python: read before Django is set up, by the process that stands in front of all others.
"""

from __future__ import annotations

import re
from typing import Final

PATIENT_PATHS: Final = re.compile(r"^/(c|p|y|m|q|f|help)(/|$)")
"""Addresses of patients: check-ins, plans, the address confirmed, mail choices, documents, calendars, help lines."""
TOKEN_PATHS: Final = re.compile(r"^/[cpymqf]/[^/]{20,}")
"""Those of them that hold the token of a message's link."""
