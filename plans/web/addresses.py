"""Which addresses are patients': it decides what the logs leave out and which processes answer. Which take files.

Plain Python: the front process reads it before Django is set up.
"""

from __future__ import annotations

import re
from typing import Final

PATIENT_PATHS: Final = re.compile(r"^/(c|p|y|m|q|f|help)(/|$)")
"""Addresses of patients: check-ins, plans, the address confirmed, mail choices, documents, calendars, help lines."""
TOKEN_PATHS: Final = re.compile(r"^/[cpymqfkn]/[^/]{20,}")
"""Those that hold the token of a message's link: patients'; /k, where staff answer an alert; /n, where
they say that somebody else changed their sign-in."""

MACHINES: Final = re.compile(r"^/((mail|text)/events$|f/|heartbeat$)")
"""Addresses that only machines ask: providers, calendar programs, monitors. They are never redirected to https."""

FILES: Final = "/import"
"""The address that a caseload is uploaded to."""
PATIENT_FILES: Final = "/patient-files"
"""The address that a patient's file from another installation is uploaded to."""
LARGEST_BODY: Final = 1_000_000
LARGEST_FILE: Final = 5_100_000
"""Bytes: a file of 5 MB, and what a form sends around it."""


def largest_body(path: str) -> int:
    """The most bytes that an address takes."""
    return LARGEST_FILE if path in (FILES, PATIENT_FILES) else LARGEST_BODY
