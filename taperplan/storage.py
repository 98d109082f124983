"""Where drawn documents are kept: a folder, or a bucket of an S3-compatible store."""

from __future__ import annotations

from pathlib import Path

from taperplan import env


def documents(folder: Path) -> dict[str, object]:
    """The document storage for Django's STORAGES: `folder`, unless DOCUMENTS_S3_BUCKET names a bucket.

    Raises WrongSetting for a key without a secret or the reverse.
    """
    bucket = env.text("DOCUMENTS_S3_BUCKET")
    if not bucket:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": folder},
        }
    key, secret = env.text("DOCUMENTS_S3_KEY"), env.text("DOCUMENTS_S3_SECRET")
    if bool(key) is not bool(secret):
        missing = "DOCUMENTS_S3_SECRET" if key else "DOCUMENTS_S3_KEY"
        raise env.WrongSetting(
            missing, "is empty", "Set key and secret, or neither where the machine has a role."
        )
    endpoint = (
        env.url("DOCUMENTS_S3_ENDPOINT", "", schemes=("https", "http"))
        if env.text("DOCUMENTS_S3_ENDPOINT")
        else None
    )
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": s3(bucket, endpoint, key, secret)}


def s3(bucket: str, endpoint: str | None, key: str, secret: str) -> dict[str, object]:
    """Options of the S3 storage: private objects, no caching on the way, and time-outs."""
    from botocore.config import Config  # noqa: PLC0415 - slow to import, and only an S3 store needs it

    return {
        "bucket_name": bucket,
        "endpoint_url": endpoint,
        "region_name": env.text("DOCUMENTS_S3_REGION") or None,
        "access_key": key or None,
        "secret_key": secret or None,
        "default_acl": None,
        "file_overwrite": True,
        "object_parameters": {"CacheControl": "no-store"},
        "client_config": Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=5,
            read_timeout=20,
            retries={"max_attempts": 2, "mode": "standard"},
            # Stores other than Amazon's support only the plain form; the row has its own SHA-256.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    }
