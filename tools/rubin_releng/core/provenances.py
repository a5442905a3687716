"""How an image was made: SLSA's provenance, version 1, as an in-toto statement.

Only facts that the build has seen are in it. Times of the clock are not, for
the same build shall give the same bytes. Format: ``spec/v1.0/provenance.md``
of https://github.com/slsa-framework/slsa.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.attestations import Statement, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rubin_releng.core.ocidocuments import Digest

__all__ = ["PROVENANCE_PREDICATE", "BuildFacts", "Material", "make_provenance", "run_address"]

PROVENANCE_PREDICATE = "https://slsa.dev/provenance/v1"
"""What such a statement says."""

_BUILD_TYPE = "https://github.com/lsst/lsstinstall/blob/main/docs/howto/registries.md#provenance"
_BUILDER = "https://github.com/lsst/lsstinstall/image-builder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Something that went into a build.

    Parameters
    ----------
    name : `str`
        What it is for: ``release``, ``plan``, ``base``.
    uri : `str`
        Where it was, if that says anything; empty otherwise.
    digest : `Digest` or `None`
        Of its content; `None` only of what has none, such as a program.
    """

    name: str
    uri: str
    digest: Digest | None = None

    def to_dict(self) -> dict[str, object]:
        """Write it as a resource descriptor.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            Without what is not known.
        """
        data: dict[str, object] = {"name": self.name}
        if self.uri:
            data["uri"] = self.uri
        if self.digest is not None:
            data["digest"] = _digests(self.digest)
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFacts:
    """What a build knows of itself.

    Parameters
    ----------
    builder : `str`
        ``native``, or the name of an engine.
    versions : `~collections.abc.Mapping` [ `str`, `str` ]
        Of the programs that took part.
    parameters : `~collections.abc.Mapping` [ `str`, `object` ]
        What the caller asked for.
    materials : `~collections.abc.Sequence` [ `Material` ]
        What went in.
    layers : `~collections.abc.Sequence` [ `Material` ]
        What each tree became: its layer before compression.
    run : `str`
        Address of the CI run; empty if there was none.
    """

    builder: str
    versions: Mapping[str, str]
    parameters: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    materials: Sequence[Material] = ()
    layers: Sequence[Material] = ()
    run: str = ""


def make_provenance(facts: BuildFacts, images: Sequence[tuple[str, Digest]]) -> Statement:
    """Say how images were made.

    Parameters
    ----------
    facts : `BuildFacts`
        What the build knows.
    images : `~collections.abc.Sequence` [ `tuple` [ `str`, `Digest` ] ]
        Name and digest of the index and of each architecture's image.

    Returns
    -------
    statement : `~lsstinstall.core.attestations.Statement`
        Same facts, same statement.
    """
    details: dict[str, object] = {
        "builder": {"id": f"{_BUILDER}/{facts.builder}", "version": dict(facts.versions)}
    }
    if facts.run:
        details["metadata"] = {"invocationId": facts.run}
    if facts.layers:
        details["byproducts"] = [one.to_dict() for one in facts.layers]
    return Statement(
        subjects=tuple(
            Subject(name=name, digests=MappingProxyType(_digests(digest))) for name, digest in images
        ),
        predicate_type=PROVENANCE_PREDICATE,
        predicate={
            "buildDefinition": {
                "buildType": _BUILD_TYPE,
                "externalParameters": dict(facts.parameters),
                "resolvedDependencies": [one.to_dict() for one in facts.materials],
            },
            "runDetails": details,
        },
    )


def run_address(environ: Mapping[str, str]) -> str:
    """Tell which run of a CI service we are part of.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Of the process.

    Returns
    -------
    address : `str`
        As GitHub Actions or Jenkins say it; empty outside of them.
    """
    server, repository, number = (
        environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")
    )
    if server and repository and number:
        attempt = environ.get("GITHUB_RUN_ATTEMPT", "1")
        return f"{server}/{repository}/actions/runs/{number}/attempts/{attempt}"
    return environ.get("BUILD_URL", "")


def _digests(digest: Digest) -> dict[str, str]:
    algorithm, _, digits = digest.partition(":")
    return {algorithm: digits}
