"""Who holds a lock, as written into the lock's file for those who wait."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["LockHolder", "parse_lock_holder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockHolder:
    """One process that holds a lock, and why.

    Parameters
    ----------
    pid : `int`
        The process.
    user : `str`
        Its login name.
    host : `str`
        Its machine; a stack may be shared by several.
    purpose : `str`
        What it does, as a noun.
    since : `~datetime.datetime`
        When it got the lock, by its machine's clock, in UTC.
    """

    pid: int
    user: str
    host: str
    purpose: str
    since: datetime

    def format(self) -> str:
        """Write it down.

        Returns
        -------
        text : `str`
            One line of JSON; `parse_lock_holder` reads it.
        """
        return (
            json.dumps(
                {
                    "pid": self.pid,
                    "user": self.user,
                    "host": self.host,
                    "purpose": self.purpose,
                    "since": self.since.isoformat(timespec="seconds"),
                }
            )
            + "\n"
        )

    def __str__(self) -> str:
        since = f"{self.since:%Y-%m-%d %H:%M:%S} UTC"
        return f"process {self.pid} of {self.user} on {self.host} for {self.purpose} since {since}"


def parse_lock_holder(text: str) -> LockHolder | None:
    """Read who holds a lock.

    Parameters
    ----------
    text : `str`
        Content of the lock's file.

    Returns
    -------
    holder : `LockHolder` or `None`
        `None` if it does not say so, for the holder may be about to write it.
    """
    try:
        data = json.loads(text)
    except ValueError:
        return None
    match data:
        case {"pid": int() as pid, "user": str() as user, "host": str() as host, "purpose": str() as purpose}:
            since = _read_time(data.get("since"))
            if since is None:
                return None
            return LockHolder(pid=pid, user=user, host=host, purpose=purpose, since=since)
        case _:
            return None


def _read_time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if time is None or time.tzinfo is None else time.astimezone(UTC)
