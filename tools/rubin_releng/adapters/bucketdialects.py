"""Where the services of buckets differ: S3 and Google Cloud Storage, through fsspec."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from lsstinstall.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Dialect", "ObjectFacts", "open_dialect"]

_DIGEST = "sha256"

# What changes its content must not be kept by anybody on the way: Google tells them to for an hour.
_FRESH = "no-cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFacts:
    """What a server says of one object.

    Parameters
    ----------
    size : `int`
        In bytes.
    version : `str`
        Changes with the content; only ever compared.
    digest : `str` or `None`
        SHA-256, if whoever put it there said it.
    """

    size: int
    version: str
    digest: str | None


class Dialect(Protocol):
    """One service."""

    @property
    def files(self) -> Any:
        """The library's file system."""

    def check(self, bucket: str) -> None:
        """Look into a bucket; `FileNotFoundError` if there is none."""

    def facts(self, key: str) -> ObjectFacts:
        """Ask for one object; `FileNotFoundError` if there is none."""

    def options(self, *, digest: str | None, fresh: bool) -> Mapping[str, object]:
        """Say what is to be kept beside an object, as arguments for putting it there."""

    def insert(self, key: str, data: bytes, options: Mapping[str, object]) -> None:
        """Write a small object that is not there; an error that `is_taken` knows if there is one."""

    def replace(self, key: str, data: bytes, options: Mapping[str, object], *, version: str) -> None:
        """Write a small object if it is still the one of a version; else an error that `is_taken` knows."""


def open_dialect(scheme: str) -> Dialect:
    """Open a service; endpoint and credentials come from the environment.

    Parameters
    ----------
    scheme : `str`
        ``s3`` or ``gs``.

    Returns
    -------
    dialect : `Dialect`
        Nothing was asked yet.

    Raises
    ------
    ConfigurationError
        Raised if the extra ``stores`` is not installed.
    """
    try:
        return _open_s3() if scheme == "s3" else _open_google()
    except ImportError as error:
        raise ConfigurationError(
            f"`{scheme}://` needs libraries that are not installed",
            hint="install the extra `stores`, as in `lsstinstall[releng,stores]`",
        ) from error


def _open_s3() -> Dialect:
    import s3fs  # noqa: PLC0415

    endpoint = os.environ.get("S3_ENDPOINT_URL") or None
    return _S3(s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False, endpoint_url=endpoint))


def _open_google() -> Dialect:
    # The one that speaks HTTP alone; another looks for kinds of buckets by gRPC first.
    from gcsfs.core import GCSFileSystem  # noqa: PLC0415

    token = "anon" if os.environ.get("STORAGE_EMULATOR_HOST") else None
    return _Google(GCSFileSystem(skip_instance_cache=True, use_listings_cache=False, token=token))


class _S3:
    def __init__(self, files: Any) -> None:
        self.files = files

    def check(self, bucket: str) -> None:
        self.files.call_s3("list_objects_v2", Bucket=bucket, MaxKeys=1)

    def facts(self, key: str) -> ObjectFacts:
        bucket, _, name = key.partition("/")
        head = self.files.call_s3("head_object", Bucket=bucket, Key=name)
        digest = head.get("Metadata", {}).get(_DIGEST)
        return ObjectFacts(size=int(head["ContentLength"]), version=head["ETag"], digest=digest)

    def options(self, *, digest: str | None, fresh: bool) -> Mapping[str, object]:
        metadata = {} if digest is None else {"Metadata": {_DIGEST: digest}}
        return metadata | ({"CacheControl": _FRESH} if fresh else {})

    def insert(self, key: str, data: bytes, options: Mapping[str, object]) -> None:
        self.files.pipe_file(key, data, mode="create", **options)

    def replace(self, key: str, data: bytes, options: Mapping[str, object], *, version: str) -> None:
        self.files.pipe_file(key, data, IfMatch=version, **options)


class _Google:
    def __init__(self, files: Any) -> None:
        self.files = files

    def check(self, bucket: str) -> None:
        self.files.call("GET", "b/{}/o", bucket, maxResults=1, json_out=True)

    def facts(self, key: str) -> ObjectFacts:
        bucket, _, name = key.partition("/")
        info = self.files.call("GET", "b/{}/o/{}", bucket, name, json_out=True)
        digest = info.get("metadata", {}).get(_DIGEST)
        return ObjectFacts(size=int(info["size"]), version=str(info["generation"]), digest=digest)

    def options(self, *, digest: str | None, fresh: bool) -> Mapping[str, object]:
        metadata = {} if digest is None else {"metadata": {_DIGEST: digest}}
        return metadata | ({"fixed_key_metadata": {"cache_control": _FRESH}} if fresh else {})

    def insert(self, key: str, data: bytes, options: Mapping[str, object]) -> None:
        self.files.pipe_file(key, data, mode="create", **options)

    def replace(self, key: str, data: bytes, options: Mapping[str, object], *, version: str) -> None:
        # gcsfs has no word for this condition, so the request is ours: "multipart upload" of the JSON API.
        bucket, _, name = key.partition("/")
        told = {"name": name, "metadata": options.get("metadata", {}), "cacheControl": _FRESH}
        mark = secrets.token_hex(16)
        head = (
            f"--{mark}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps(told)}\r\n"
            f"--{mark}\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        self.files.call(
            "POST",
            self.files.base.replace("/storage/v1/", "/upload/storage/v1/") + "b/{}/o",
            bucket,
            headers={"Content-Type": f"multipart/related; boundary={mark}"},
            data=head.encode() + data + f"\r\n--{mark}--\r\n".encode(),
            uploadType="multipart",
            ifGenerationMatch=version,
            json_out=True,
        )
