"""Where pictures are kept: all in `var/screens`, and those used in the docs also in `docs/screens`."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALL = ROOT / "var" / "screens"
SHOWN = ROOT / "docs" / "screens"


def keep(name: str, png: bytes) -> Path:
    """Write a picture, and renew it in docs/screens where one of this name is shown. Gives the path in var/screens."""
    path = ALL / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png)
    if (SHOWN / path.name).exists():
        (SHOWN / path.name).write_bytes(png)
    return path
