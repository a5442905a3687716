from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.buildmanifests import ManifestProduct
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import ProductName
from lsstinstall.core.versions import EupsVersion
from rubin_releng.adapters.compilers import build_flags, describe_compilers, describe_platform
from rubin_releng.adapters.eupspkgs import eupspkg_digest, find_eups
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.productfacts import FactsMemory, ProductFacts, find_facts
from rubin_releng.core.buildkinds import BuildKind
from tests.support.repositories import Remote
from tests.support.sources import fake_commit

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.names import GitSha


def product(sha: GitSha) -> ManifestProduct:
    return ManifestProduct(name=ProductName("afw"), sha=sha, version=EupsVersion("g1"), dependencies=())


@pytest.mark.process
@pytest.mark.parametrize(
    ("files", "facts"),
    [
        ({"README": ""}, ProductFacts(kind=BuildKind.COPY)),
        ({"SConstruct": ""}, ProductFacts(kind=BuildKind.EUPSPKG)),
        ({"pyproject.toml": "[project]\n"}, ProductFacts(kind=BuildKind.PYTHON)),
        (
            {"data/.gitattributes": "*.fits filter=lfs\n"},
            ProductFacts(kind=BuildKind.COPY, large_files=True),
        ),
    ],
)
def test_facts_are_found_once(tmp_path: Path, files: dict[str, str], facts: ProductFacts) -> None:
    remote = Remote.create(tmp_path, "afw")
    commit = remote.commit(files)
    memory = FactsMemory(tmp_path / "facts.json")
    assert memory.of(product(commit), GitRepository(remote.path)) == facts
    memory.save()
    again = FactsMemory(tmp_path / "facts.json")
    assert again.of(product(commit), GitRepository(tmp_path / "gone")) == facts


@pytest.mark.process
def test_a_commit_that_is_not_there_is_told(tmp_path: Path) -> None:
    remote = Remote.create(tmp_path, "afw")
    memory = FactsMemory(tmp_path / "facts.json")
    missing = product(fake_commit("missing"))
    for place in (remote.path, tmp_path / "gone"):
        error = find_facts(memory, missing, GitRepository(place))
        assert isinstance(error, NotFoundError)
        assert "is not in" in str(error)
    memory.save()
    assert not (tmp_path / "facts.json").exists()


@pytest.mark.parametrize("text", ["", "[]", "nonsense", '{"a": ["x", 1]}', '{"a": 3}'])
def test_a_memory_that_cannot_be_read_is_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "facts.json").write_text(text, encoding="utf-8")
    error = find_facts(
        FactsMemory(tmp_path / "facts.json"), product(fake_commit("a")), GitRepository(tmp_path)
    )
    assert isinstance(error, NotFoundError)


def test_flags_that_change_code_are_chosen() -> None:
    environ = {"CXXFLAGS": "-O3", "CC": "gcc", "LDFLAGS": "", "PATH": "/bin", "EUPSPKG_NJOBS": "4"}
    assert build_flags(environ) == ("CC=gcc", "CXXFLAGS=-O3")


@pytest.mark.process
def test_compilers_say_what_they_are(tmp_path: Path) -> None:
    cc = tmp_path / "mycc"
    cc.write_text("#!/bin/sh\necho mycc 1.2\necho more\n", encoding="utf-8")
    cc.chmod(0o755)
    (tmp_path / "c++").write_text("#!/nowhere/at/all\n", encoding="utf-8")
    (tmp_path / "c++").chmod(0o755)
    assert describe_compilers({"CC": "mycc -m64"}, str(tmp_path)) == "mycc 1.2\n"
    assert describe_compilers({}, str(tmp_path / "empty")) == ""
    assert "-" in describe_platform()


def test_eups_is_named_or_in_the_environment(tmp_path: Path) -> None:
    for name in ("named", "env/eups"):
        (tmp_path / name / "lib").mkdir(parents=True)
        (tmp_path / name / "lib" / "eupspkg.sh").write_text(name, encoding="utf-8")
    named = {"EUPS_DIR": str(tmp_path / "named")}
    assert find_eups(named, tmp_path / "env") == tmp_path / "named"
    assert find_eups({}, tmp_path / "env") == tmp_path / "env" / "eups"
    assert find_eups({"EUPS_DIR": str(tmp_path)}, None) is None
    assert eupspkg_digest(None) == ""
    assert eupspkg_digest(tmp_path / "named") != eupspkg_digest(tmp_path / "env" / "eups")
