"""Compiles the translations before hatchling builds a wheel: they are made, not kept in git."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileTranslations(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is not used here
    """Writes a `.mo` beside every `.po`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run before the files are gathered."""
        runpy.run_path(str(Path(self.root) / "plans" / "management" / "catalogue.py"), run_name="__main__")
