"""Labels of a stack image: those that people query today, and OCI's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.core.ocidocuments import Digest

__all__ = ["STACK_LABELS", "LabelFacts", "stack_labels"]

STACK_LABELS = (
    "EUPS_TAG",
    "EUPS_PRODUCTS",
    "LSST_SPLENV_REF",
    "LSST_COMPILER",
    "VERSIONDB_MANIFEST_ID",
    "DOCKERFILE_GIT_URL",
    "DOCKERFILE_GIT_BRANCH",
    "DOCKERFILE_GIT_COMMIT",
    "JENKINS_JOB_NAME",
    "JENKINS_BUILD_ID",
    "JENKINS_BUILD_URL",
)
"""The eleven that stack images have always had."""

_PREFIX = "org.opencontainers.image."


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFacts:
    """What labels are made of; what is empty is known to nobody.

    Parameters
    ----------
    tag, products, environment, compiler, build : `str`
        EUPS tag, top products, version of rubin-env, compiler, build id.
    source, branch, commit : `str`
        Git repository that the image is made from.
    jenkins : `~collections.abc.Mapping` [ `str`, `str` ]
        ``JENKINS_JOB_NAME``, ``JENKINS_BUILD_ID`` and ``JENKINS_BUILD_URL``.
    title, vendor, licenses : `str`
        Of the image.
    created : `str`
        RFC 3339.
    base_name : `str`
        Reference of the image below.
    base_digest : `Digest` or `None`
        Its manifest.
    """

    tag: str
    products: str = ""
    environment: str = ""
    compiler: str = ""
    build: str = ""
    source: str = ""
    branch: str = ""
    commit: str = ""
    jenkins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    title: str = "LSST Science Pipelines"
    vendor: str = "Rubin Observatory"
    licenses: str = "GPL-3.0-or-later"
    created: str = ""
    base_name: str = ""
    base_digest: Digest | None = None


def stack_labels(facts: LabelFacts) -> dict[str, str]:
    """Make the labels of a stack image.

    Parameters
    ----------
    facts : `LabelFacts`
        What is known.

    Returns
    -------
    labels : `dict` [ `str`, `str` ]
        All of `STACK_LABELS`, empty where nothing is known, since people query
        them; of OCI's only what is known.
    """
    ours = {
        "EUPS_TAG": facts.tag,
        "EUPS_PRODUCTS": facts.products,
        "LSST_SPLENV_REF": facts.environment,
        "LSST_COMPILER": facts.compiler,
        "VERSIONDB_MANIFEST_ID": facts.build,
        "DOCKERFILE_GIT_URL": facts.source,
        "DOCKERFILE_GIT_BRANCH": facts.branch,
        "DOCKERFILE_GIT_COMMIT": facts.commit,
        **{name: facts.jenkins.get(name, "") for name in STACK_LABELS if name.startswith("JENKINS_")},
    }
    known = {
        "title": facts.title,
        "version": facts.tag,
        "revision": facts.commit,
        "created": facts.created,
        "source": facts.source,
        "vendor": facts.vendor,
        "licenses": facts.licenses,
        "base.name": facts.base_name,
        "base.digest": facts.base_digest or "",
    }
    return {**ours, **{f"{_PREFIX}{name}": value for name, value in known.items() if value}}
