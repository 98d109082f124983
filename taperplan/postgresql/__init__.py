"""PostgreSQL as Django knows it, which writes the rows of the caseload before it commits: see `base`. And its roles."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROLES_SQL: Final = Path(__file__).with_name("roles.sql")
"""Makes the roles; run by a superuser."""
