"""What patients may ask of their data: a copy, consent given and taken back, and how long things are kept."""

from __future__ import annotations
