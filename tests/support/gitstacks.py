"""A made-up stack of git repositories, as large as the real one: the same commits in each run."""

from __future__ import annotations

import json
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
from lsstinstall.core.graph import stable_order
from lsstinstall.core.names import GitSha, ProductName
from lsstinstall.core.tags import BuildId, EupsTag
from lsstinstall.core.versionhashes import derive_versions
from lsstinstall.core.weeks import Week
from tests.support.gitproducts import Family, ProductPlan, StackTag, product_stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["GitStack", "make_stack"]

_FIRST, _WEEKS = date(2016, 1, 8), 522
_LEVELS = 24
_FAMILIES = 20
_FIRST_FAMILY = 11
_FIRST_PARTS = ("sky", "cam", "gen", "lin", "mes", "dip", "pho", "ast", "cal", "syn", "tab", "fit")
_SECOND_PARTS = (
    "base",
    "core",
    "tools",
    "tasks",
    "frame",
    "match",
    "cond",
    "geom",
    "util",
    "maps",
    "stars",
    "data",
    "view",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitStack:
    """Where the stack lies, and what is in it.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Holds ``repositories/<product>.git``, ``repos.yaml``, and
        ``versiondb/manifests/<build>.txt`` for each weekly and release.
    products : `tuple` [ `str`, ... ]
        What a product needs comes before it; the last one needs all others.
    dependencies : `~collections.abc.Mapping`
        What each product's table sets up.
    weeklies, releases : `tuple` [ `str`, ... ]
        EUPS tags in time, candidates among the releases.
    builds : `~collections.abc.Mapping`
        The build of each tag.
    late : `tuple` [ `str`, ... ]
        Products that were not there in the beginning.
    """

    folder: Path
    products: tuple[str, ...]
    dependencies: Mapping[str, tuple[str, ...]]
    weeklies: tuple[str, ...]
    releases: tuple[str, ...]
    builds: Mapping[str, str]
    late: tuple[str, ...]

    @property
    def repos_yaml(self) -> Path:
        """The file that tells which repository each product has."""
        return self.folder / "repos.yaml"

    @property
    def versiondb(self) -> Path:
        """The folder with ``manifests``."""
        return self.folder / "versiondb"

    def repository(self, product: str) -> Path:
        """Say where a product's bare repository is."""
        return self.folder / "repositories" / f"{product}.git"

    def url(self, product: str) -> str:
        """Give its address; not a plain path, so that git goes through its protocol."""
        return self.repository(product).resolve().as_uri()

    def branch(self, product: str) -> str:
        """Name a product's main line."""
        return "lsst-dev" if self.products.index(product) % 40 == 11 else "main"


def make_stack(
    folder: Path,
    *,
    products: int = 150,
    commits: int = 45_000,
    tags: int = 9_750,
    payload_bytes: int = 65_536,
    seed: int = 0,
    jobs: int = 2,
) -> GitStack:
    """Make the stack if it is not there yet.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Where to.
    products : `int`, optional
        How many.
    commits, tags : `int`, optional
        How many in all repositories together, exactly. The tags of one
        repository are weeklies spread over ten years (all 522 of them if
        there are enough), candidates, releases, patches, and private ones.
    payload_bytes : `int`, optional
        Of one file in each product that no compression makes smaller.
    seed : `int`, optional
        Of everything that is random.
    jobs : `int`, optional
        Repositories at a time.

    Returns
    -------
    stack : `GitStack`
        With the same commits on each machine.

    Raises
    ------
    SystemExit
        Raised if something else is in the folder.
    """
    asked = {
        "rules": 2,
        "products": products,
        "commits": commits,
        "tags": tags,
        "payload": payload_bytes,
        "seed": seed,
    }
    stack, families, weeklies = _plan(folder, products, tags)
    mark = folder / ".gitstack.json"
    if mark.exists() and json.loads(mark.read_text()) == asked:
        return stack
    if folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder} holds something else, or a half-made stack; remove it")
    (folder / "repositories").mkdir(parents=True)
    counts = _share_commits(stack.products, commits, seed)
    shares = _share(tags, len(stack.products))

    def make(number: int) -> dict[str, str]:
        name = stack.products[number]
        plan = _plan_product(
            stack, number, counts[number], shares[number], payload_bytes, seed, families, weeklies
        )
        return _import(stack.repository(name), plan)

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        tagged = dict(zip(stack.products, pool.map(make, range(len(stack.products))), strict=True))
    stack.repos_yaml.write_text(_repos_yaml(stack), encoding="utf-8")
    _write_manifests(stack, tagged)
    mark.write_text(json.dumps(asked))
    return stack


def _plan(folder: Path, count: int, tags: int) -> tuple[GitStack, list[Family], list[StackTag]]:
    names = _names(count)
    each = tags // count
    families = min(_FAMILIES, each // 6)
    in_releases = sum(3 if number % 3 == 2 else 2 for number in range(families))
    weeks = max(1, min(_WEEKS, each - in_releases))
    weeklies = [_weekly(number * _WEEKS // weeks) for number in range(weeks)]
    made = [_family(number, families) for number in range(families)]
    releases = sorted((tag for family in made for tag in family.tags), key=lambda tag: tag.time)
    stack = GitStack(
        folder=folder,
        products=names,
        dependencies=_dependencies(names),
        weeklies=tuple(tag.eups for tag in weeklies),
        releases=tuple(tag.eups for tag in releases),
        builds={tag.eups: tag.build for tag in (*weeklies, *releases)},
        late=tuple(name for number, name in enumerate(names[:-1]) if number % 25 == 13),
    )
    return stack, made, weeklies


def _names(count: int) -> tuple[str, ...]:
    plain = [f"{one}_{two}" for two in _SECOND_PARTS for one in _FIRST_PARTS]
    names = [plain[number] if number < len(plain) else f"made_{number}" for number in range(count - 1)]
    return (*names, "made_distrib")


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


def _weekly(week: int) -> StackTag:
    day = _FIRST + timedelta(weeks=week)
    tag = EupsTag.of_week(Week.of(day))
    return StackTag(
        eups=tag.name,
        git=str(tag.git()),
        time=_seconds(day),
        build=f"b{1000 + 4 * week}",
    )


def _family(number: int, families: int) -> Family:
    version, week = _FIRST_FAMILY + number, 4 + number * (_WEEKS - 20) // families
    cut = _seconds(_FIRST + timedelta(weeks=week)) + 60
    names = [f"v{version}.0.0.rc1", f"{version}.0.0", *([f"{version}.0.1"] if number % 3 == 2 else [])]
    tags = [
        StackTag(
            eups="v" + name.removeprefix("v").replace(".", "_"),
            git=name,
            time=cut + (2 + 3 * place) * 7 * 86400,
            # A final release is its last candidate.
            build=f"b{1000 + 4 * (week + max(0, place - 1)) + 1}",
        )
        for place, name in enumerate(names)
    ]
    return Family(number=version, cut=cut, tags=tuple(tags))


def _dependencies(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Lay the products in levels; each needs one of the level below, and a few lower ones."""
    below = len(names) - 1
    levels = [number * _LEVELS // below if below >= _LEVELS else number for number in range(below)]
    rng = random.Random("levels")  # noqa: S311 - no secret
    needs: dict[str, tuple[str, ...]] = {}
    for number, name in enumerate(names[:-1]):
        under = [names[other] for other in range(number) if levels[other] == levels[number] - 1]
        lower = [names[other] for other in range(number) if levels[other] < levels[number]]
        picked = (
            {rng.choice(under), *rng.sample(lower, min(len(lower), rng.randrange(4)))} if under else set()
        )
        needs[name] = tuple(sorted(picked))
    needs[names[-1]] = tuple(sorted(names[:-1]))
    return needs


def _share(total: int, parts: int) -> list[int]:
    return [total // parts + (number < total % parts) for number in range(parts)]


def _share_commits(names: Sequence[str], commits: int, seed: int) -> list[int]:
    """Give some products many commits and most of them few."""
    rng = random.Random(f"{seed}/commits")  # noqa: S311 - no secret
    weights = [rng.lognormvariate(0, 0.8) for _ in names]
    least = max(1, commits // len(names) // 10)
    free = commits - least * len(names)
    counts = [least + int(free * weight / sum(weights)) for weight in weights]
    counts[-1] += commits - sum(counts)
    return counts


def _plan_product(
    stack: GitStack,
    number: int,
    commits: int,
    tags: int,
    payload_bytes: int,
    seed: int,
    families: Sequence[Family],
    weeklies: Sequence[StackTag],
) -> ProductPlan:
    name = stack.products[number]
    start = _FIRST - timedelta(days=3)
    begin = _seconds(start + timedelta(weeks=number * 2)) if name in stack.late else _seconds(start)
    setups = "".join(f"setupRequired({need})\n" for need in stack.dependencies[name])
    payload = random.Random(f"{seed}/{name}/payload").randbytes(payload_bytes)  # noqa: S311 - no secret
    return ProductPlan(
        name=name,
        branch=stack.branch(name),
        commits=commits,
        tags=tags,
        begin=begin,
        end=_seconds(_FIRST + timedelta(weeks=_WEEKS)),
        weeklies=weeklies,
        families=families,
        spelling=_spelling(number, tags, begin, families, weeklies),
        files=(
            (f"ups/{name}.table", setups.encode()),
            ("README.md", f"# {name}\n".encode()),
            ("payload.bin", payload),
        ),
        seed=seed,
    )


def _spelling(
    number: int, tags: int, begin: int, families: Sequence[Family], weeklies: Sequence[StackTag]
) -> str:
    """Choose what stands before final releases; both spellings only where there are tags enough."""
    in_releases = [tag for family in families if family.cut > begin for tag in family.tags]
    finals = [tag for tag in in_releases if "rc" not in tag.git]
    free = tags - len(in_releases) - sum(tag.time > begin for tag in weeklies)
    if number % 12 == 5:
        return "v"
    return "both" if number % 12 < 5 and free >= len(finals) else ""


def _import(repository: Path, plan: ProductPlan) -> dict[str, str]:
    """Write the repository in one pack, and tell the commit of each tag."""
    stream = product_stream(plan)
    assert (stream.commits, stream.tags) == (plan.commits, plan.tags), plan.name
    marks = repository / "marks"
    settings = ("fastimport.unpackLimit=1", "core.fsync=none")
    git = ["git", *(part for one in settings for part in ("-c", one))]
    subprocess.run([*git, "init", "-q", "--bare", "-b", plan.branch, str(repository)], check=True)
    git += ["-C", str(repository)]
    command = [*git, "fast-import", "--quiet", "--done", f"--export-marks={marks}"]
    subprocess.run(command, input=b"".join(stream.parts), check=True)
    subprocess.run([*git, "update-ref", "-d", "refs/heads/work"], check=True)
    subprocess.run([*git, "pack-refs", "--all"], check=True)
    with (repository / "config").open("a") as config:
        config.write("[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n")
    shas = dict(line.split() for line in marks.read_text().splitlines())
    marks.unlink()
    return {tag: shas[f":{mark}"] for tag, mark in stream.tagged.items()}


def _repos_yaml(stack: GitStack) -> str:
    lines = []
    for name in stack.products:
        branch = stack.branch(name)
        value = f" {stack.url(name)}" if branch == "main" else f"\n  url: {stack.url(name)}\n  ref: {branch}"
        lines.append(f"{name}:{value}\n")
    return "".join(lines)


def _write_manifests(stack: GitStack, tagged: Mapping[str, Mapping[str, str]]) -> None:
    folder = stack.versiondb / "manifests"
    folder.mkdir(parents=True)
    for tag, build in stack.builds.items():
        here = {ProductName(name): GitSha(found[tag]) for name, found in tagged.items() if tag in found}
        needs = {
            name: tuple(ProductName(need) for need in stack.dependencies[name] if need in here)
            for name in here
        }
        versions = derive_versions(here, needs)
        rows = [
            ManifestProduct(name=name, sha=here[name], version=versions[name], dependencies=needs[name])
            for name in stable_order(needs)
        ]
        manifest = BuildManifest(build=BuildId(build), products=tuple(rows))
        (folder / f"{build}.txt").write_text(manifest.format(), encoding="utf-8")
