"""Statements about files and images: in-toto's, version 1.

A statement says something (its *predicate*) of named contents (its
*subjects*). Format: ``spec/v1/statement.md`` of
https://github.com/in-toto/attestation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.jsonrecords import ANY_TEXT, WORD, AnyObject, read_record
from lsstinstall.core.jsontexts import canonical_json
from lsstinstall.core.shapes import Items, Maybe, Record, Table, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["STATEMENT_MEDIA_TYPE", "Statement", "Subject", "parse_statement"]

STATEMENT_MEDIA_TYPE = "application/vnd.in-toto+json"
"""Media type of a statement, and payload type where it is signed."""

_STATEMENT_TYPE = "https://in-toto.io/Statement/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Something that a statement is about.

    Parameters
    ----------
    name : `str`
        What people call it.
    digests : `~collections.abc.Mapping` [ `str`, `str` ]
        Algorithm to hexadecimal digits.
    """

    name: str
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody says of something.

    Parameters
    ----------
    subjects : `tuple` [ `Subject`, ... ]
        Of what; at least one.
    predicate_type : `str`
        What kind of thing is said.
    predicate : `~collections.abc.Mapping` [ `str`, `object` ]
        What is said.
    """

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def is_about(self, digest: str) -> bool:
        """Tell whether something is among the subjects.

        Parameters
        ----------
        digest : `str`
            Algorithm, colon, hexadecimal digits.

        Returns
        -------
        is_about : `bool`
            Whatever it is called there.
        """
        algorithm, _, digits = digest.partition(":")
        return any(one.digests.get(algorithm) == digits for one in self.subjects)

    def format(self) -> bytes:
        """Write it.

        Returns
        -------
        data : `bytes`
            Canonical JSON.
        """
        return canonical_json(
            {
                "_type": _STATEMENT_TYPE,
                "subject": [{"name": one.name, "digest": dict(one.digests)} for one in self.subjects],
                "predicateType": self.predicate_type,
                "predicate": dict(self.predicate),
            }
        )


def parse_statement(data: str | bytes, *, source: str) -> Statement:
    """Read a statement.

    Parameters
    ----------
    data : `str` or `bytes`
        All of it.
    source : `str`
        File name or digest, for error messages only.

    Returns
    -------
    statement : `Statement`
        What it says, of what.

    Raises
    ------
    FormatError
        Raised if it is not JSON.
    ProblemsError
        Raised if it is no statement; holds every problem with its place.
    """
    return read_record(_STATEMENT, data, source=source, kind="an in-toto statement")


def _parse_type(text: str) -> str:
    if text != _STATEMENT_TYPE:
        raise InvalidNameError(f"`{text}` is not `{_STATEMENT_TYPE}`")
    return text


def _make_statement(
    subject: tuple[Subject, ...],
    predicateType: str,  # noqa: N803 - a key of the format
    predicate: Mapping[str, object] | None = None,
    **_: object,
) -> Statement:
    return Statement(
        subjects=subject, predicate_type=predicateType, predicate=MappingProxyType(dict(predicate or {}))
    )


def _make_subject(digest: Mapping[str, str], name: str = "") -> Subject:
    return Subject(name=name, digests=digest)


_STATEMENT = Record(
    name="statement",
    fields={
        "_type": Text(parse=_parse_type, pattern="^https://in-toto", description=_STATEMENT_TYPE),
        "subject": Items(
            of=Record(
                name="subject",
                fields={"digest": Table(keys=WORD, values=WORD)},
                optional={"name": ANY_TEXT},
                make=_make_subject,
                is_open=True,
            )
        ),
        "predicateType": WORD,
    },
    optional={"predicate": Maybe(of=AnyObject())},
    make=_make_statement,
    is_open=True,
)
