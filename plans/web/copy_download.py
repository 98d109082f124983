"""A copy of a whole record as a download."""

from __future__ import annotations

from django.http import HttpResponse

from plans.services.record_copies import CopyFile


def download(found: CopyFile) -> HttpResponse:
    """Its zip: packed, a copy of ten years is some megabytes."""
    answer = HttpResponse(b"".join(found.pieces), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return answer
