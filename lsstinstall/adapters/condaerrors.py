"""rattler's errors as ours, by what they say: it has one class for a whole step."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rattler.exceptions

from lsstinstall.adapters.files import explain
from lsstinstall.core.errors import (
    ConfigurationError,
    CorruptError,
    NotFoundError,
    RefusedError,
    ToolkitError,
    UnavailableError,
    UnsatisfiableError,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["UnsatisfiableError", "explained"]

_AGAIN = "run the same command again; what was downloaded is kept"

_LOGIN = (
    "put the login of the host into `~/.netrc`, or a token where `RATTLER_AUTH_FILE` says "
    "(`rattler auth login` and `pixi auth login` write such files)"
)

# What to look for in the whole chain of reasons, the surest first.
_KINDS: tuple[tuple[re.Pattern[str], type[ToolkitError], str | None], ...] = (
    (re.compile(r"\(os error (?:28|122)\)"), UnavailableError, f"free some space and {_AGAIN}"),
    (re.compile(r"\(os error (?:1|13|30)\)"), RefusedError, "check who owns the folder and may write to it"),
    (
        re.compile(
            r"hash mismatch|[Ii]nvalid (?:checksum|zip|gzip)|InvalidArchive|failed to (?:extract|unpack)"
        ),
        CorruptError,
        "the channel or the way to it is damaged; run the same command again, or tell its maintainers",
    ),
    (
        re.compile(r"expected (?:value|`|ident)|EOF while parsing|invalid (?:type|length)|missing field"),
        CorruptError,
        None,
    ),
    (re.compile(r"unexpected end of file|early eof"), CorruptError, None),
    (
        re.compile(r"no usable repodata cache"),
        UnavailableError,
        "run the same command once without `--offline`; the index of the channel is kept then",
    ),
    (
        re.compile(r"could not find subdir|HTTP status client error \(404|\(os error 2\)"),
        NotFoundError,
        "check the name of the channel",
    ),
    (re.compile(r"HTTP status client error \((?:401|403)"), UnavailableError, _LOGIN),
    (
        re.compile(r"client error \(Connect\)|dns error|tcp connect error"),
        UnavailableError,
        f"check the network, and the name of the channel's host; then {_AGAIN}",
    ),
    (
        re.compile(
            r"error sending request|HTTP status|tcp connect|timed out|connection|dns|body", re.IGNORECASE
        ),
        UnavailableError,
        _AGAIN,
    ),
)


@contextmanager
def explained(doing: str, *, specs: tuple[str, ...] = ()) -> Iterator[None]:
    """Turn what rattler raises into one of our errors.

    Parameters
    ----------
    doing : `str`
        What was tried, for the message: ``"read the channels"``.
    specs : `tuple` [ `str`, ... ], optional
        What a solver was asked for.

    Yields
    ------
    nothing : `None`
        The block does the work.

    Raises
    ------
    ConfigurationError
        Raised if a spec, a channel or a platform is no such thing, or the
        name of a folder is not UTF-8.
    UnsatisfiableError
        Raised if there is no solution.
    NotFoundError, UnavailableError, CorruptError, RefusedError
        Raised for a channel or package that is not there, cannot be reached
        or is damaged, and for a folder we may not use.
    """
    known = rattler.exceptions
    try:
        yield
    except known.SolverError as error:
        raise UnsatisfiableError(specs, str(error)) from error
    except (known.InvalidMatchSpecError, known.InvalidPackageNameError, known.InvalidVersionError) as error:
        raise ConfigurationError(
            f"cannot {doing}: {_one_line(error)}", hint="a spec is a name and a constraint, `zlib >=1.3`"
        ) from error
    except known.ParseSubdirError as error:
        # What follows are the names of all platforms that there ever were.
        raise ConfigurationError(
            f"cannot {doing}: {_one_line(error).partition('. ')[0]}",
            hint="conda's name of a platform is wanted, `linux-64` or `osx-arm64`",
        ) from error
    except (known.InvalidChannelError, known.InvalidUrlError) as error:
        raise ConfigurationError(
            f"cannot {doing}: {_one_line(error)}", hint="give a URL or a folder"
        ) from error
    except known.AuthenticationStorageError as error:
        raise ConfigurationError(
            f"cannot read the logins for channels: {_one_line(error)}",
            hint="correct the file, or unset `RATTLER_AUTH_FILE`",
        ) from error
    except (
        known.GatewayError,
        known.FetchRepoDataError,
        known.InstallerError,
        known.LinkError,
        known.IoError,
        known.ExtractError,
        known.TransactionError,
        known.CacheDirError,
    ) as error:
        raise _by_its_words(doing, error) from error
    except OSError as error:
        raise explain(error, doing=doing) from error
    except UnicodeEncodeError as error:
        raise ConfigurationError(
            f"cannot {doing}: `{shown(error.object)}` is not Unicode",
            hint="work in a folder whose name is UTF-8",
        ) from error


def _by_its_words(doing: str, error: Exception) -> ToolkitError:
    text = str(error)
    message = f"cannot {doing}: {_one_line(error)}"
    for pattern, kind, hint in _KINDS:
        if pattern.search(text):
            return kind(message, hint=hint)
    return ToolkitError(message)


def _one_line(error: Exception) -> str:
    return ": ".join(
        line.removeprefix("Caused by: ").strip().rstrip(".")
        for line in str(error).splitlines()
        if line.strip()
    )
