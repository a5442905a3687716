"""Products that the real eupspkg builds, with the real EUPS."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.realeups import find_eups
from tests.support.stackbuilding import TinyStack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.stackbuilding import Answer

pytestmark = [pytest.mark.eups, pytest.mark.process]

MAKEFILE = """\
all:
\techo "made for $(prefix) with $$BASE_DIR" > made.txt
install:
\tmkdir -p $(prefix)
\tcp made.txt $(prefix)
"""
VERBS = """\
prep() { echo "verb prep of $PRODUCT $VERSION, $SHA1"; default_prep; }
config() { echo "verb config, base is $BASE_DIR"; default_config; }
build() { echo "verb build with $NJOBS jobs for $FLAVOR"; default_build; }
install() { echo "verb install to $PREFIX"; default_install; }
decl() { echo "verb decl"; eups declare "$PRODUCT" "$VERSION" -r "$PREFIX" -t own; }
"""
TABLE = "envPrepend(PATH, ${PRODUCT_DIR}/bin)\n"


@pytest.fixture
def eups() -> Path:
    found = find_eups()
    if found is None:
        pytest.skip("no EUPS here: set EUPS_DIR")
    return found


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    """A product without code, one with a Makefile, one with verbs of its own, and one that needs all."""
    tiny = TinyStack(tmp_path)
    tiny.add("base", files={"x.txt": "x"})
    tiny.add("made", "base", files={"Makefile": MAKEFILE}, table=TABLE)
    tiny.add("verbs", "base", files={"ups/eupspkg.cfg.sh": VERBS, "bin/run": "#!/bin/sh\n"}, table=TABLE)
    tiny.add("top", "made", "verbs")
    assert tiny.prepare("top").code == 0
    return tiny


def build(tiny: TinyStack, eups: Path, *arguments: str, stack: str = "stack") -> Answer:
    (tiny.folder / stack / "ups_db").mkdir(parents=True, exist_ok=True)
    (tiny.folder / stack / "ups_db" / "global.tags").write_text("own\n", encoding="utf-8")
    places = ("--build-dir", "build", "--stack", stack, "--json", "--flavor", "Linux64")
    return tiny.run("stack", "build", *places, *arguments, EUPS_DIR=str(eups))


def installed(tiny: TinyStack, product: str, *, stack: str = "stack") -> Path:
    (found,) = (tiny.folder / stack / "Linux64" / product).glob("[!.]*")
    return found


def test_the_verbs_are_run_with_what_they_need(tiny: TinyStack, eups: Path) -> None:
    answer = build(tiny, eups)
    assert answer.code == 0, answer.stdout
    log = (tiny.build_dir / "verbs" / "_build.log").read_text(encoding="utf-8")
    lines = [line for line in log.splitlines() if "verb " in line]
    product, base = installed(tiny, "verbs"), installed(tiny, "base")
    assert [line.partition("Z] ")[2] for line in lines] == [
        f"verb prep of verbs {product.name}, {tiny.remotes['verbs'].head()}",
        f"verb config, base is {base}",
        f"verb build with {max(1, (os.cpu_count() or 1) // 2)} jobs for generic",
        f"verb install to {product}",
        "verb decl",
    ]
    stamp = re.compile(r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\] ")
    assert all(stamp.match(line) for line in log.splitlines())
    assert (tiny.stack / "ups_db" / "verbs" / "own.chain").is_file()


def test_files_are_as_eups_and_lsst_build_leave_them(tiny: TinyStack, eups: Path) -> None:
    assert build(tiny, eups).code == 0
    product, base = installed(tiny, "made"), installed(tiny, "base")
    assert (product / "made.txt").read_text(encoding="utf-8") == f"made for {product} with {base}\n"
    assert f"SHA1='{tiny.remotes['made'].head()}'" in (product / "ups" / "pkginfo").read_text(
        encoding="utf-8"
    )
    assert (product / "ups" / "made.table").read_text(encoding="utf-8") == (
        "if (type == exact) {\n"
        f"   setupRequired(base            -j {base.name})\n"
        "} else {\n"
        f"   setupRequired(base {base.name} [>= {base.name}])\n"
        "}\n"
        "envPrepend(PATH, ${PRODUCT_DIR}/bin)\n"
    )
    assert (product / "_build.log").is_file()
    assert not (installed(tiny, "verbs") / ".git").exists()
    tags = (tiny.build_dir / "made" / "_build.tags").read_text(encoding="utf-8")
    assert tags.split() == ["base", base.name]
    assert list((tiny.build_dir / ".work").iterdir()) == []
    assert list(tiny.stack.glob("Linux64/*/.*")) == []


def test_eups_knows_what_was_built(tiny: TinyStack, eups: Path) -> None:
    assert build(tiny, eups).code == 0
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tiny.folder),
        "EUPS_PATH": str(tiny.stack),
        "EUPS_DIR": str(eups),
        "EUPS_FLAVOR": "Linux64",
    }
    text = f'. {eups}/bin/setups.sh; export EUPS_PATH={tiny.stack}; setup -t b1 top; echo "$MADE_DIR"'
    done = subprocess.run(["bash", "-c", text], env=environ, check=False, capture_output=True, text=True)
    assert done.stdout.strip() == str(installed(tiny, "made")), done.stderr


def test_failed_tests_fail_the_product_and_are_kept_for_the_pipeline(tiny: TinyStack, eups: Path) -> None:
    reports = (
        "mkdir -p tests/.tests; echo no > tests/.tests/t.py.failed; echo '<x/>' > tests/.tests/pytest-t.xml\n"
    )
    tiny.remotes["made"].commit({"Makefile": f"all:\n\tmkdir -p tests/.tests\n\t{reports}install:\n"})
    tiny.prepare("top")
    answer = build(tiny, eups, "--keep-going")
    assert answer.code == 1
    assert "*** tests failed: tests/.tests/t.py.failed" in answer.problems[0]
    status = yaml.safe_load((tiny.build_dir / "status.yaml").read_text(encoding="utf-8"))
    assert status["failed_at"]["name"] == "made"
    assert [one["name"] for one in status["built"]] == ["base", "verbs"]
    kept = {path.name for path in (tiny.build_dir / "made" / "tests" / ".tests").iterdir()}
    assert kept == {"t.py.failed", "pytest-t.xml", "pytest-made-build.xml"}
    assert list((tiny.stack / "Linux64" / "made").iterdir()) == []
    tiny.remotes["made"].commit({"Makefile": MAKEFILE})
    tiny.prepare("top")
    assert build(tiny, eups).code == 0


def test_a_rebuild_that_fails_leaves_the_old_product(tiny: TinyStack, eups: Path) -> None:
    broken = MAKEFILE.replace("all:\n", 'all:\n\ttest "$$LDFLAGS" != broken\n')
    tiny.remotes["made"].commit({"Makefile": broken})
    tiny.prepare("top")
    assert build(tiny, eups).code == 0
    before = (installed(tiny, "made") / "made.txt").read_bytes()
    places = ("--build-dir", "build", "--stack", "stack", "--json", "--flavor", "Linux64", "--rebuild")
    answer = tiny.run("stack", "build", *places, EUPS_DIR=str(eups), LDFLAGS="broken")
    assert answer.code == 1
    assert (installed(tiny, "made") / "made.txt").read_bytes() == before


def test_a_cached_product_names_its_new_place(tiny: TinyStack, eups: Path) -> None:
    assert build(tiny, eups, "--cache", "cache").code == 0
    answer = build(tiny, eups, "--cache", "cache", stack="second")
    assert answer.data["cached"] == 4
    product, base = installed(tiny, "made", stack="second"), installed(tiny, "base", stack="second")
    assert (product / "made.txt").read_text(encoding="utf-8") == f"made for {product} with {base}\n"


def test_eups_is_found_in_the_environment(tiny: TinyStack, eups: Path) -> None:
    env = tiny.folder / "env"
    (env / "bin").mkdir(parents=True)
    (env / "bin" / "python").symlink_to(sys.executable)
    (env / "eups").symlink_to(eups)
    places = ("--build-dir", "build", "--stack", "stack", "--json", "--env", str(env))
    tiny.remotes["verbs"].commit({"ups/eupspkg.cfg.sh": ""})
    tiny.prepare("top")
    answer = tiny.run("stack", "build", *places, EUPS_DIR="")
    assert answer.code == 0, answer.stdout
