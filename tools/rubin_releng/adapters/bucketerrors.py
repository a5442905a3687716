"""What servers of buckets say when they refuse, as errors that people understand."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.core.errors import DeniedError, NotFoundError, ToolkitError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["asking", "is_taken"]

# Whose exceptions speak of a server; any other but an `OSError` is a fault of ours.
_LIBRARIES = {"aiobotocore", "aiohttp", "botocore", "gcsfs", "google", "requests", "s3fs", "urllib3"}

_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412"}
_NO_ENTRY = {401, 403}
_NO_CREDENTIALS = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "CredentialRetrievalError",
}
_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Turn what goes wrong between us and a bucket into errors of ours.

    Parameters
    ----------
    what : `str`
        URL of the object or folder, for messages.

    Yields
    ------
    nothing : `None`
        While the library works. `FileExistsError` comes through: it says that
        somebody else was faster.

    Raises
    ------
    NotFoundError
        Raised if the object, or its bucket, is not there.
    DeniedError
        Raised if the credentials are wrong or missing.
    UnavailableError
        Raised if the server cannot be reached or fails, or a disk is full.
    """
    try:
        yield
    except (ToolkitError, FileExistsError):
        raise
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no <{what}>") from error
    except Exception as error:
        if not _is_theirs(error):
            raise
        raise _explain(error, what) from error


def is_taken(error: BaseException) -> bool:
    """Tell whether a server refused because somebody else was faster.

    Parameters
    ----------
    error : `BaseException`
        What a library raised.

    Returns
    -------
    is_taken : `bool`
        Whether a condition of ours on the object no longer held.
    """
    return any(isinstance(one, FileExistsError) or _code(one) in _TAKEN for one in _causes(error))


def _is_theirs(error: Exception) -> bool:
    library = type(error).__module__.partition(".")[0]
    return library in _LIBRARIES or isinstance(error, (OSError, ValueError))


def _explain(error: Exception, what: str) -> ToolkitError:
    if isinstance(error, OSError) and error.errno in _FULL:
        return explain(error, doing="write")
    reason = " ".join(str(error).split()) or type(error).__name__
    if _is_denied(error):
        return DeniedError(
            f"the server refuses access to <{what}>: {reason}",
            hint="check the credentials in the environment, and what they allow",
        )
    return UnavailableError(
        f"the server of <{what}> failed: {reason}", hint="what is there is whole; run the same command again"
    )


def _is_denied(error: BaseException) -> bool:
    for one in _causes(error):
        known = isinstance(one, PermissionError) or type(one).__name__ in _NO_CREDENTIALS
        if (
            known
            or getattr(one, "code", None) in _NO_ENTRY
            or type(one).__module__ == "google.auth.exceptions"
        ):
            return True
    # gcsfs says it in words only.
    return str(error).startswith("Forbidden")


def _causes(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__


def _code(error: BaseException) -> str | None:
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return None
    return str(response.get("Error", {}).get("Code"))
