"""The commit of a release: what it changes, and the branch that holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text
from lsstinstall.core.errors import ConfigurationError, NotFoundError, RefusedError
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.gitbranches import check_new_branch, commit_to_branch
from selfrelease.changelogs import NAME, notes_of, parse_sections, with_release
from selfrelease.fragments import FOLDER, format_fragments, parse_fragments
from selfrelease.versions import find_version, parse_version, replace_version

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from lsstinstall.core.names import GitSha
    from selfrelease.versions import ProjectVersion

__all__ = ["MODULE", "ReleasePlan", "check_tag", "make_release", "plan_release"]

MODULE = "lsstinstall/__init__.py"
"""What tells the version, from the top of the checkout."""

_NO_FRAGMENT = "README.md"
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePlan:
    """What a release changes.

    Parameters
    ----------
    version : `~selfrelease.versions.ProjectVersion`
        Of it.
    branch : `str`
        That gets the commit.
    parent : `~lsstinstall.core.names.GitSha`
        What it follows.
    changelog, module : `str`
        New contents.
    fragments : `tuple` [ `str`, ... ]
        Names of files that are in the change log now, and go.
    notes : `str`
        What the change log says of this version.
    """

    version: ProjectVersion
    branch: str
    parent: GitSha
    changelog: str
    module: str
    fragments: tuple[str, ...]
    notes: str


def plan_release(root: Path, version: ProjectVersion, day: date) -> ReleasePlan:
    """Say what a release changes.

    Parameters
    ----------
    root : `~pathlib.Path`
        Top of the checkout.
    version : `~selfrelease.versions.ProjectVersion`
        To be released.
    day : `~datetime.date`
        Of the release, UTC.

    Returns
    -------
    plan : `ReleasePlan`
        Nothing was written.

    Raises
    ------
    RefusedError
        Raised if the checkout holds what is not committed, or there is such a
        tag or branch.
    ConfigurationError
        Raised if the version does not follow those before, or nothing changed.
    ProblemsError
        Raised if fragments are wrong.
    """
    repository = GitRepository(root)
    parent = _clean_commit(repository)
    module = read_text(root / MODULE)
    find_version(module, source=MODULE)
    before = read_text(root / NAME)
    _check_version(repository, version, before)
    names = _fragments(repository, parent)
    fragments = parse_fragments({name: read_text(root / FOLDER / name) for name in names})
    changelog = with_release(before, version, day, format_fragments(fragments))
    branch = f"release-{version}"
    check_new_branch(repository, branch)
    return ReleasePlan(
        version=version,
        branch=branch,
        parent=parent,
        changelog=changelog,
        module=replace_version(module, version),
        fragments=names,
        notes=notes_of(changelog, version),
    )


def make_release(root: Path, plan: ReleasePlan) -> GitSha:
    """Commit a release to a branch of its own; what is checked out stays as it is.

    Parameters
    ----------
    root : `~pathlib.Path`
        Top of the checkout.
    plan : `ReleasePlan`
        What to commit.

    Returns
    -------
    commit : `~lsstinstall.core.names.GitSha`
        To be reviewed, merged, and tagged.
    """
    files: dict[str, str | None] = {NAME: plan.changelog, MODULE: plan.module}
    files |= dict.fromkeys(f"{FOLDER}/{name}" for name in plan.fragments)
    message = f"Release {plan.version}\n"
    return commit_to_branch(
        GitRepository(root), plan.branch, parent=plan.parent, files=files, message=message
    )


def check_tag(root: Path, tag: str, *, main: str) -> str:
    """Make sure that a tag names a release as `make_release` commits it.

    Parameters
    ----------
    root : `~pathlib.Path`
        A checkout of the tag, with history.
    tag : `str`
        Its name.
    main : `str`
        The branch that a release must be on, as git knows it here.

    Returns
    -------
    notes : `str`
        What the change log says of this version.

    Raises
    ------
    InvalidNameError
        Raised if it is no version.
    ConfigurationError
        Raised if the checkout has another version, or fragments are left.
    NotFoundError
        Raised if the change log lacks it, or there is no such tag.
    RefusedError
        Raised if it names another commit, or one that is not on the branch.
    """
    version = parse_version(tag)
    repository = GitRepository(root)
    parent = _clean_commit(repository)
    told = find_version(read_text(root / MODULE), source=MODULE)
    if told != version:
        raise ConfigurationError(
            f"the tag is `{tag}`, but the version in `{MODULE}` is `{told}`",
            hint=f"tag the commit that `make release VERSION={tag}` made",
        )
    if left := _fragments(repository, parent):
        raise ConfigurationError(
            f"fragments of the change log are left: {', '.join(f'`{name}`' for name in left)}",
            hint="they came after the release was prepared: prepare it again",
        )
    commit = repository.resolve(f"refs/tags/{tag}^{{commit}}")
    if commit is None:
        raise NotFoundError(f"there is no tag `{tag}`", hint="fetch the tags")
    if commit != parent:
        raise RefusedError(
            f"the tag `{tag}` names {commit}, but {parent} is checked out", hint="tags never move"
        )
    ancestor = repository.run(
        "merge-base", "--is-ancestor", commit, main, doing=f"look at `{main}`", check=False
    )
    if ancestor.returncode != 0:
        raise RefusedError(
            f"the tag `{tag}` is not on `{main}`", hint="tag a commit that was reviewed and merged"
        )
    return notes_of(read_text(root / NAME), version)


def _clean_commit(repository: GitRepository) -> GitSha:
    tree = repository.work_tree()
    hint = "commit or put aside what is there first: a release is what was reviewed"
    if tree.commit is None:
        raise RefusedError("there is no commit to release", hint=hint)
    new = repository.run(
        *("ls-files", "--others", "--exclude-standard", "-z", "--", FOLDER), doing="look for new fragments"
    )
    changed = [*tree.changed, *(name for name in new.stdout.split("\0") if name)]
    if changed:
        told = ", ".join(f"`{name}`" for name in changed[:_MOST_SHOWN]) + (
            ", ..." if changed[_MOST_SHOWN:] else ""
        )
        raise RefusedError(f"there are changes that are not committed: {told}", hint=hint)
    return tree.commit


def _check_version(repository: GitRepository, version: ProjectVersion, changelog: str) -> None:
    listed = repository.run("tag", "--list", "[0-9]*.[0-9]*.[0-9]*", doing="list tags").stdout.split()
    tags = {parse_version(name) for name in listed if _is_version(name)}
    if version in tags:
        raise RefusedError(f"`{version}` was released: there is the tag", hint="choose the next version")
    # A clone need not have all the tags.
    released = {section.version for section in parse_sections(changelog) if section.released}
    newest = max(tags | released, default=None)
    if newest is not None and version <= newest:
        raise ConfigurationError(f"`{version}` does not follow `{newest}`", hint="versions only grow")


def _is_version(name: str) -> bool:
    try:
        parse_version(name)
    except ConfigurationError:
        return False
    return True


def _fragments(repository: GitRepository, commit: GitSha) -> tuple[str, ...]:
    paths = (path for path in repository.list_files(commit) if path.startswith(f"{FOLDER}/"))
    names = (path.removeprefix(f"{FOLDER}/") for path in paths)
    return tuple(sorted(name for name in names if name != _NO_FRAGMENT and not name.startswith(".")))
