"""How values of all formats are made up; one strategy for each, used by the property tests."""

from __future__ import annotations

import hashlib
import string
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
from lsstinstall.core.condapackages import CondaPackage, DigestKind, PackageDigest
from lsstinstall.core.conditions import ALWAYS, parse_condition
from lsstinstall.core.declarations import ChainAssignment, ChainFile, FlavorDeclaration, VersionFile
from lsstinstall.core.distribmanifests import SEARCH, DistribManifest, DistribManifestRow
from lsstinstall.core.environments import EnvLock, LockedPackage, parse_env_name
from lsstinstall.core.filelists import FileList, ListedFile, ListedLink
from lsstinstall.core.names import (
    Flavor,
    ProductName,
    parse_git_sha,
    parse_product_name,
    parse_sha256,
    parse_subdir,
)
from lsstinstall.core.releases import (
    EnvironmentRecord,
    FileRecord,
    GitTagRecord,
    ImageRecord,
    LockRecord,
    MakerRecord,
    PlatformRecord,
    PlatformState,
    ProductRecord,
    Release,
)
from lsstinstall.core.remaps import RemapAction, RemapPurpose, RemapRule
from lsstinstall.core.sections import Branch, Section
from lsstinstall.core.serverconfigs import ServerConfig
from lsstinstall.core.setuprecords import SetupRecord
from lsstinstall.core.statements import Statement, Verb
from lsstinstall.core.tables import TableFile
from lsstinstall.core.taglists import TagList, TagListEntry
from lsstinstall.core.tags import EupsTag, TagKind, parse_build_id
from lsstinstall.core.versionexpressions import Joint, Relation, VersionExpression, VersionTerm
from lsstinstall.core.versions import EupsVersion, parse_eups_version
from lsstinstall.core.weeks import Week
from rubin_releng.core.repositories import RepoIndex, Repository
from tests.support.stacks import StackProduct

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Value = TypeVar("Value")

_WORD = string.ascii_letters + string.digits + "_"

product_names = st.text(_WORD, min_size=1, max_size=30).map(parse_product_name)
versions = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,45}", fullmatch=True).map(parse_eups_version)
git_shas = st.text("0123456789abcdef", min_size=40, max_size=40).map(parse_git_sha)
build_ids = st.integers(1, 99999).map(lambda number: parse_build_id(f"b{number}"))
flavors = st.sampled_from([Flavor("generic"), Flavor("Linux64"), Flavor("DarwinX86"), Flavor("Darwin")])
published_tags = st.sampled_from(
    ["w_2026_47", "d_2026_11_22", "v30_0_0_rc1", "v29_1_0", "w_latest", "b8466"]
).map(EupsTag.parse)
paths = st.lists(st.text(_WORD + "+-.", min_size=1, max_size=12), min_size=1, max_size=4).map("/".join)
inner_paths = paths.filter(lambda path: ".." not in path.split("/") and path not in {"none", "None"})

# What a person or a program may be called: printable, as EUPS can read it back.
_PLAIN_TEXT = st.text(
    st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters='"#'), min_size=1, max_size=20
)
people = _PLAIN_TEXT.map(str.strip).filter(lambda text: bool(text) and len(text.splitlines()) == 1)

zones = st.sampled_from([UTC, timezone(timedelta(hours=-7), "PDT"), timezone(timedelta(hours=-3), "-03")])
times = st.builds(datetime.fromtimestamp, st.integers(0, 4_000_000_000), zones)


def unique_by_product(
    values: st.SearchStrategy[Value], *, min_size: int = 1
) -> st.SearchStrategy[list[Value]]:
    return st.lists(
        values, min_size=min_size, max_size=8, unique_by=lambda value: getattr(value, "product", None)
    )


@st.composite
def graphs(draw: st.DrawFn, *, max_size: int = 12) -> dict[ProductName, tuple[ProductName, ...]]:
    """Graphs without cycles, listed in any order, with repeated dependencies."""
    names = draw(st.lists(product_names, min_size=1, max_size=max_size, unique=True))
    graph = {
        name: tuple(draw(st.lists(st.sampled_from(names[:place]), max_size=5))) if place else ()
        for place, name in enumerate(names)
    }
    return {name: graph[name] for name in draw(st.permutations(names))}


@st.composite
def build_manifests(draw: st.DrawFn) -> BuildManifest:
    graph = draw(graphs())
    products = tuple(
        ManifestProduct(name=name, sha=draw(git_shas), version=draw(versions), dependencies=needs)
        for name, needs in graph.items()
    )
    return BuildManifest(build=draw(build_ids), products=products)


tag_lists = st.builds(
    TagList,
    tag=published_tags,
    build=st.none() | build_ids,
    env=st.none() | st.from_regex(r"[0-9]{1,2}\.[0-9]\.[0-9](-exact)?", fullmatch=True),
    entries=unique_by_product(
        st.builds(
            TagListEntry,
            product=product_names,
            flavor=flavors,
            version=versions,
            extra=st.lists(st.text(_WORD, min_size=1), max_size=2).map(tuple),
        )
    ).map(tuple),
)


@st.composite
def distrib_manifests(draw: st.DrawFn) -> DistribManifest:
    rows = draw(
        unique_by_product(
            st.builds(
                DistribManifestRow,
                product=product_names,
                flavor=flavors,
                version=versions,
                table=st.none() | inner_paths,
                directory=st.none() | inner_paths,
                dist_id=st.just(SEARCH) | inner_paths,
                optional=st.booleans(),
                recurse=st.none() | st.booleans(),
            )
        )
    )
    return DistribManifest(
        product=rows[-1].product,
        version=rows[-1].version,
        rows=tuple(rows),
        creator=draw(st.none() | people),
        time=draw(st.none() | times),
        eups_version=draw(st.none() | st.just("2.2.15")),
    )


_recorded = {"declarer": people | st.just(""), "declared": people | st.just("")}
_changed = {"modifier": st.none() | people, "modified": st.none() | people}

version_files = st.builds(
    VersionFile,
    product=product_names,
    version=versions,
    flavors=st.lists(
        st.builds(
            FlavorDeclaration,
            flavor=flavors,
            qualifiers=st.sampled_from(["", "", "opt"]),
            **_recorded,
            **_changed,
            product_dir=st.none() | inner_paths,
            ups_dir=st.none() | inner_paths,
            table_file=st.none() | inner_paths,
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda declaration: declaration.full_flavor,
    ).map(tuple),
)

chain_files = st.builds(
    ChainFile,
    product=product_names,
    tag=st.text(_WORD, min_size=1),
    assignments=st.lists(
        st.builds(
            ChainAssignment,
            flavor=flavors,
            qualifiers=st.sampled_from(["", "", "opt"]),
            version=versions,
            **_recorded,
            **_changed,
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda assignment: assignment.full_flavor,
    ).map(tuple),
)

server_configs = st.builds(
    ServerConfig,
    comments=st.lists(people.map(lambda text: f"# {text}"), max_size=2).map(tuple),
    settings=st.lists(
        st.sampled_from(
            [
                ("LIST_URL", "%(base)s/tags/%(tag)s.list"),
                ("LIST_URL", "%(base)s/100%%/%(tag)s.list"),
                ("TAGLIST_DIR", "tags"),
                ("MANIFEST_FILE_RE", r"^(?P<product>[^-]+)-(?P<version>[^@]+)\.manifest$"),
                ("DISTRIB_CLASS", "eups.distrib.eupspkg.Distrib"),
                ("SOMETHING_NEW", "1"),
            ]
        ),
        min_size=1,
        max_size=6,
    ).map(tuple),
)


@st.composite
def remap_rules(draw: st.DrawFn) -> RemapRule:
    action = draw(st.sampled_from(RemapAction))
    product = draw(product_names)
    words = {"any", "none", "None", "Any", "dummy", "noReinstall"}
    real_versions = versions.filter(lambda text: text.lower() not in {word.lower() for word in words})
    return RemapRule(
        product=product,
        version=draw(st.none() | real_versions),
        flavor=draw(st.none() | flavors),
        purpose=draw(st.none() | st.sampled_from(RemapPurpose)),
        action=action,
        target_product=draw(st.just(product) | product_names),
        target_version=draw(real_versions) if action is RemapAction.REPLACE else None,
    )


exclusion_patterns = st.sampled_from([".*", "cuda_[a-z]+", "condor", r"(afw|utils)data$", r"\w+"])

_git_words = st.text(
    st.characters(min_codepoint=33, exclude_categories=("C", "Z")), min_size=1, max_size=30
).filter(lambda text: text[0] != "-" and text.isprintable() and text.split() == [text])

repo_indexes = st.builds(
    RepoIndex,
    repositories=unique_by_product(
        st.builds(
            Repository,
            product=product_names,
            url=_git_words | st.just("https://git.example.org/lsst/afw.git"),
            ref=st.none() | _git_words | st.sampled_from(["main", "lsst-dev", "1.0", "true", "tickets/DM-1"]),
            lfs=st.booleans(),
        ),
        min_size=1,
    ).map(tuple),
)

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
weeks = st.dates(date(2000, 1, 2), date(2099, 12, 26)).map(Week.of)

_parts = st.integers(0, 999)
_release_names = st.lists(_parts, min_size=2, max_size=3).map(lambda parts: "v" + "_".join(map(str, parts)))

timed_tag_lists = st.one_of(
    st.lists(days.map(EupsTag.of_day), min_size=2),
    st.lists(weeks.map(EupsTag.of_week), min_size=2),
    st.lists(_release_names.map(EupsTag.parse), min_size=2),
    st.lists(st.builds("{}_rc{}".format, _release_names, st.integers(1, 999)).map(EupsTag.parse), min_size=2),
    st.lists(build_ids.map(EupsTag.parse), min_size=2),
)
"""Tags of one kind that has an order."""

timed_tags = timed_tag_lists.map(lambda tags: tags[0])

_slugs = st.from_regex(r"[a-z0-9]{1,8}(_[a-z0-9]{1,8}){0,2}", fullmatch=True)

eups_tags = st.one_of(
    timed_tags,
    st.from_regex(r"([a-z][a-z0-9]{0,5}_){1,2}latest|current", fullmatch=True).map(EupsTag.parse),
    st.builds("v{}_{}_x".format, _parts, _parts).map(EupsTag.parse),
    st.builds("tickets_dm_{}".format, st.integers(1, 99999)).map(EupsTag.parse),
    st.builds("u_{}_{}".format, st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), _slugs).map(EupsTag.parse),
    st.builds("exp_{}".format, _slugs).map(EupsTag.parse),
)
"""Tags of every kind."""

numbered_versions = st.builds(
    "{}{}{}".format,
    st.lists(st.integers(0, 99), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts))),
    st.just("") | st.integers(1, 99).map("-{}".format),
    st.just("") | st.integers(1, 99).map("+{}".format),
).map(parse_eups_version)
"""Versions of numbers alone, which EUPS orders well."""

version_terms = st.builds(VersionTerm, relation=st.sampled_from(Relation), version=versions)
version_expressions = st.builds(
    VersionExpression,
    first=version_terms,
    rest=st.lists(st.tuples(st.sampled_from(Joint), version_terms), max_size=3).map(tuple),
)


subdirs = st.sampled_from(["linux-64", "linux-aarch64", "osx-arm64", "noarch"]).map(parse_subdir)
sha256s = st.text("0123456789abcdef", min_size=64, max_size=64).map(parse_sha256)
_lines = st.text(_WORD + "-./", min_size=1, max_size=20)
_utc_times = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def release_files(draw: st.DrawFn) -> FileRecord:
    """Files of a release: the digest depends on the path, as one path has one content."""
    path = draw(inner_paths.filter(lambda path: "." not in path.split("/")))
    digest = hashlib.sha256(path.encode()).hexdigest()
    return FileRecord(path=path, size_bytes=len(path), sha256=parse_sha256(digest))


@st.composite
def _indexed_files(draw: st.DrawFn) -> FileRecord:
    """Binary packages with their indexes."""
    return replace(draw(release_files()), index=draw(release_files()))


@st.composite
def releases(draw: st.DrawFn) -> Release:
    """Whole releases, their lists in any order."""
    files = release_files()
    products = tuple(
        ProductRecord(
            name=name,
            repository=draw(_lines),
            commit=draw(git_shas),
            version=draw(versions),
            dependencies=dependencies,
            source=draw(st.none() | files),
            binaries=draw(st.dictionaries(subdirs, files | _indexed_files(), max_size=2)),
        )
        for name, dependencies in draw(graphs(max_size=5)).items()
    )
    locks = st.dictionaries(subdirs, st.builds(LockRecord, file=files, packages=st.integers(0, 999)))
    reasons = {PlatformState.PRESENT: st.none()}
    platforms = st.sampled_from(PlatformState).flatmap(
        lambda state: st.builds(
            PlatformRecord, subdir=subdirs, state=st.just(state), reason=reasons.get(state, people)
        )
    )
    started, finished = sorted([draw(_utc_times), draw(_utc_times)])
    tag = draw(published_tags.filter(lambda tag: tag.kind is not TagKind.FLOATING))
    return Release(
        tag=tag,
        build=draw(st.none() | build_ids),
        previous=draw(st.none() | published_tags.filter(lambda one: one != tag and "latest" not in one.name)),
        products=products,
        environment=draw(st.none() | st.builds(EnvironmentRecord, version=versions, locks=locks)),
        images=_some(
            draw,
            st.builds(
                ImageRecord,
                name=st.sampled_from(["stack", "example.org/lsst/scipipe"]),
                subdir=subdirs,
                digest=sha256s.map("sha256:{}".format),
                tags=st.lists(st.text(_WORD, min_size=1, max_size=9), max_size=2).map(tuple),
            ),
            lambda image: (image.name, image.subdir),
        ),
        changelogs=_some(draw, files, lambda file: file.path),
        git_tags=_some(
            draw,
            st.builds(GitTagRecord, repository=_lines, tag=st.just("w.2026.42"), commit=git_shas),
            lambda git_tag: git_tag.repository,
        ),
        platforms=_some(draw, platforms, lambda platform: platform.subdir),
        maker=MakerRecord(tool=draw(_lines), host=draw(_lines), started=started, finished=finished),
    )


def _some(
    draw: st.DrawFn, values: st.SearchStrategy[Value], key: Callable[[Value], Hashable]
) -> tuple[Value, ...]:
    return tuple(draw(st.lists(values, max_size=3, unique_by=key)))


conda_words = st.text(string.ascii_letters + string.digits + "._", min_size=1, max_size=8)
conda_packages = st.builds(
    CondaPackage,
    name=st.from_regex(r"[a-z0-9_]([a-z0-9_.-]{0,20}[a-z0-9_])?", fullmatch=True),
    version=conda_words,
    build=conda_words,
    subdir=st.sampled_from(["noarch", "linux-64"]).map(parse_subdir),
    extension=st.sampled_from([".conda", ".tar.bz2"]),
)
package_digests = st.sampled_from([(DigestKind.MD5, 32), (DigestKind.SHA256, 64)]).flatmap(
    lambda kind: st.builds(
        PackageDigest,
        kind=st.just(kind[0]),
        value=st.text("0123456789abcdef", min_size=kind[1], max_size=kind[1]),
    )
)
locked_packages = st.builds(
    LockedPackage,
    channel=st.sampled_from(["https://example.org/conda-forge", "file:///a%20b/c", "http://127.0.0.1:8080"]),
    package=conda_packages,
    digest=st.none() | package_digests,
)
env_locks = st.builds(
    EnvLock,
    name=st.none() | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,20}", fullmatch=True).map(parse_env_name),
    comments=st.lists(st.sampled_from(["# platform: linux-64", "#", "# created-by: conda 26.7"])).map(tuple),
    packages=st.lists(locked_packages, max_size=6, unique_by=lambda one: one.package.name).map(tuple),
)

listed_paths = (
    st.lists(st.text("abc +.é_", min_size=1, max_size=6), min_size=1, max_size=3)
    .map("/".join)
    .filter(lambda path: not set(path.split("/")) & {"", ".", ".."})
)
listed_files = st.builds(
    ListedFile,
    path=listed_paths,
    mode=st.integers(0, 0o777),
    size_bytes=st.integers(0, 10**12),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64).map(parse_sha256),
)
listed_links = st.builds(ListedLink, path=listed_paths, target=listed_paths)
file_lists = st.builds(
    FileList,
    files=st.lists(listed_files, max_size=4, unique_by=lambda one: one.path).map(
        lambda files: tuple(sorted(files, key=lambda one: one.path))
    ),
    links=st.lists(listed_links, max_size=3, unique_by=lambda one: one.path).map(
        lambda links: tuple(sorted(links, key=lambda one: one.path))
    ),
)


setup_types = st.frozensets(st.sampled_from(["exact", "build"]))

# Neither a comment nor a line may begin within an argument, and a closing quote needs no backslash before it.
table_arguments = st.text(
    st.characters(
        categories=("L", "N", "P", "S", "Zs"), include_characters="\t", exclude_characters="#\x85\u2028\u2029"
    ),
    min_size=1,
    max_size=12,
).filter(lambda text: not text.endswith("\\") and '\\"' not in text)

_comparisons = st.sampled_from(
    [
        "type == exact",
        "type != build",
        "FLAVOR == Linux64",
        "FLAVOR =~ Linux",
        "FLAVOR !~ Darwin",
        "FLAVOR >= Linux",
        "${NO_SUCH:-x} == x",
        "${NO_SUCH:-false}",
        "1 < 2",
        "False",
    ]
)
table_conditions = st.recursive(
    _comparisons,
    lambda inner: st.one_of(
        inner.map("!({})".format),
        # The second term is read only if the first does not settle the answer; parentheses would not close.
        st.builds("{} {} {}".format, _comparisons, st.sampled_from(["&&", "||", "and", "or"]), inner),
    ),
    max_leaves=4,
)

_changes_of_lists = st.builds(
    Statement,
    verb=st.sampled_from([Verb.ENV_PREPEND, Verb.ENV_APPEND]),
    arguments=st.lists(table_arguments, min_size=2, max_size=3).map(tuple),
)
_settings = st.builds(
    Statement,
    verb=st.sampled_from([Verb.ENV_SET, Verb.ADD_ALIAS, Verb.PRINT]),
    arguments=st.lists(table_arguments, min_size=2, max_size=4).map(tuple),
)
_set_ups = st.builds(
    Statement,
    verb=st.sampled_from([verb for verb in Verb if verb.names_product]),
    arguments=st.tuples(product_names, versions)
    | st.tuples(product_names)
    | st.tuples(product_names, st.just("-j"), versions)
    | st.builds("[>= {}]".format, versions).map(lambda text: ("afw", *text.split())),
)
_remarks = people.map(lambda text: Statement(verb=Verb.COMMENT, arguments=(f" {text}",)))
_acting = st.one_of(_set_ups, _changes_of_lists, _settings)


@st.composite
def _blocks(draw: st.DrawFn) -> tuple[Statement, ...]:
    """Statements of which one at least acts: EUPS takes a block without any for none."""
    before, after = st.lists(_remarks, max_size=1), st.lists(_acting | _remarks, max_size=2)
    return (*draw(before), draw(_acting), *draw(after))


_branches = st.builds(
    Branch,
    condition=table_conditions.map(lambda text: parse_condition(text, source="strategies")),
    statements=_blocks(),
)
_conditional = st.builds(
    Section,
    branches=st.lists(_branches, min_size=1, max_size=3).map(tuple),
    otherwise=st.just(()) | _blocks(),
)
_unconditional = _blocks().map(
    lambda statements: Section(branches=(Branch(condition=ALWAYS, statements=statements),))
)


@st.composite
def _sections(draw: st.DrawFn) -> tuple[Section, ...]:
    """Sections such as a file can have: two without conditions would be one."""
    found: list[Section] = []
    for section in draw(st.lists(_conditional | _unconditional, max_size=4)):
        if not (found and found[-1].unconditional and section.unconditional):
            found.append(section)
    return tuple(found)


table_files = st.builds(TableFile, sections=_sections())

_table_lines = st.sampled_from(
    [
        "if (FLAVOR == Linux64) {",
        "if (type == exact) { # comment",
        "if ((type == exact) {",
        "if (${SITE} = a b) {",
        "if (True) {",
        "if () {",
        "} else if (type == build) {",
        "} else {",
        "} else { ",
        "}",
        "}",
        "# comment",
        "envSet(A, 1)",
        'envSet(A, "b, c" \\"d) # comment',
        "envSet(A)",
        "setupRequired(alpha -t -f x)",
        "setupRequired(alpha 1.0 [>= 1.0])",
        "setupOptional(-j beta)",
        "unsetupRequired(alpha);",
        "print()",
        "Group:",
        "Common:",
        "End:",
        "Flavor=Linux64",
        "Flavor=ANY",
        "File=Table",
        "  Action = configure",
        "something else",
        "nothing(here)",
        "",
    ]
)
table_texts = st.lists(_table_lines | st.text(max_size=6), max_size=14).map("\n".join)


def _own_lines(name: str) -> st.SearchStrategy[str]:
    """Statements that a take-down can undo, and that name the product."""
    return st.sampled_from(
        [
            "envPrepend(PATH, ${PRODUCT_DIR}/bin)",
            "envAppend(PATH, ${PRODUCT_DIR}/scripts)",
            "envPrepend(NEW_PATH, ${PRODUCT_DIR}/new)",
            f"envSet({name.upper()}_DATA, ${{PRODUCT_DIR}}/data)",
            f"addAlias({name}_ls, ls ${{PRODUCT_DIR}})",
        ]
    )


@st.composite
def acyclic_stacks(draw: st.DrawFn) -> tuple[StackProduct, ...]:
    """Stacks of one version each, in which a product needs earlier ones only; the last is the top."""
    names = [f"p{number}" for number in range(draw(st.integers(1, 6)))]
    products = []
    for place, name in enumerate(names):
        needed = draw(st.lists(st.sampled_from(names[:place]), max_size=3)) if place else []
        setups = [f"{draw(st.sampled_from(['setupRequired', 'setupOptional']))}({one})" for one in needed]
        lines = draw(st.permutations([*setups, *draw(st.lists(_own_lines(name), max_size=4))]))
        table = "".join(f"{line}\n" for line in lines)
        products.append(StackProduct(name=name, version="1", table=table, tags=("current",)))
    return tuple(products)


setup_records = st.builds(
    SetupRecord,
    product=product_names,
    version=st.from_regex(r"[A-Za-z0-9.+_:/]{1,12}", fullmatch=True).map(EupsVersion),
    flavor=st.sampled_from([Flavor("Linux64"), Flavor("(none)")]),
    stack=st.from_regex(r"/[a-z /]{0,10}", fullmatch=True),
    table=st.none() | st.from_regex(r"/[a-z /]{0,10}", fullmatch=True),
)
