"""Stacks on disk: EUPS's database of products, written as EUPS does."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lsstinstall.adapters.eupsdeclarations import (
    InternedTable,
    Stamp,
    TablePlace,
    interned_path,
    redeclare,
    says_the_same,
    spell_declaration,
)
from lsstinstall.adapters.eupslocks import hold_eups_lock
from lsstinstall.adapters.eupsreaders import GENERIC, StackPath, StackReader
from lsstinstall.adapters.files import make_directory
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.core.declarations import (
    ChainAssignment,
    ChainFile,
    VersionFile,
)
from lsstinstall.core.errors import NotFoundError, RefusedError
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from lsstinstall.core.names import Flavor, ProductName

__all__ = ["CURRENT", "GENERIC", "PRIVATE", "InternedTable", "Stack", "StackPath", "TablePlace"]

CURRENT = "current"
"""The tag of the first version of each product."""

PRIVATE = ".lsstinstall"
"""Folder of a stack with what only we need."""

_LOCK_WAIT_SECONDS = 10.0
"""As long as EUPS waits."""


class Stack(StackReader):
    """One folder with products and their database ``ups_db``.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder; made absolute.
    flavor : `Flavor`
        The platform's; what is declared for ``generic`` is found, too.

    Notes
    -----
    Who writes should hold the lock: see `locked`.
    """

    def __init__(self, path: Path, *, flavor: Flavor) -> None:
        super().__init__(path, flavor=flavor)
        self._is_locked = False

    @classmethod
    def create(cls, path: Path, *, flavor: Flavor) -> Stack:
        """Make an empty stack; one that is there already is fine.

        Parameters
        ----------
        path : `~pathlib.Path`
            Folder to make.
        flavor : `Flavor`
            As for the constructor.

        Returns
        -------
        stack : `Stack`
            With its database and the folder ``site`` for customisation.

        Raises
        ------
        RefusedError
            Raised if we may not write there.
        """
        for name in ("ups_db", "site"):
            make_directory(path / name)
        return cls(path, flavor=flavor)

    def _refuse_if_read_only(self) -> None:
        if not os.access(self._path / "ups_db", os.W_OK):
            is_closed = bool(os.statvfs(self._path).f_flag & os.ST_RDONLY)
            reason = "read-only file system" if is_closed else "permission denied"
            raise RefusedError(
                f"you may not write to the stack `{self._path}`: {reason}",
                hint="its owner may; to install, put a stack of your own in front: "
                f"`--stack ~/stack:{self._path}`",
            )

    @property
    def lock(self) -> Path:
        """The file that is locked by whoever of ours writes."""
        return self._path / PRIVATE / "lock"

    @contextmanager
    def locked(
        self,
        purpose: str,
        *,
        wait_seconds: float | None = _LOCK_WAIT_SECONDS,
        waiting: Callable[[str], None] | None = None,
    ) -> Iterator[bool]:
        """Keep every other writer out, of ours and of EUPS.

        Who holds the lock may take it again through the same object.

        Parameters
        ----------
        purpose : `str`
            What it is wanted for, as a noun; others are told.
        wait_seconds : `float` or `None`, optional
            How long to wait for another holder, for each of the two locks;
            0 refuses at once, `None` waits for ever.
        waiting : `~collections.abc.Callable`, optional
            Hears once for whom we wait.

        Yields
        ------
        waited : `bool`
            Whether another process wrote meanwhile, so that what was read
            before may be old. The lock is held inside the block; reading goes
            on for everyone.

        Raises
        ------
        RefusedError
            Raised if another process holds a lock longer than we wait, or we
            may not write to the stack.
        """
        if self._is_locked:
            yield False
            return
        self._refuse_if_read_only()
        with (
            hold_lock(self.lock, wait_seconds=wait_seconds, purpose=purpose, waiting=waiting) as before,
            hold_eups_lock(self._path, wait_seconds=wait_seconds, purpose=purpose, waiting=waiting) as eups,
        ):
            self.forget()
            self._is_locked = True
            try:
                yield before or eups
            finally:
                self._is_locked = False
                self._database.touch_changed()

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Let the products that are declared in a block appear at its end, with less waiting for the disk.

        Yields
        ------
        `None`
            To be used with the lock held. What is read in the block is what
            was there before, and no tags can be given yet.
        """
        with self._database.gathered():
            yield
        self.forget()

    def declare(
        self,
        product: ProductName,
        version: EupsVersion,
        *,
        directory: Path | None,
        table: TablePlace | InternedTable = TablePlace.PRODUCT,
        tags: Sequence[str] | None = None,
        flavor: Flavor | None = None,
        declarer: str | None = None,
        now: datetime | None = None,
        force: bool = False,
    ) -> bool:
        """Record a product, as ``eups declare`` does.

        Parameters
        ----------
        product : `ProductName`
            EUPS product.
        version : `EupsVersion`
            Its version.
        directory : `~pathlib.Path` or `None`
            Its folder, complete; `None` if it has none.
        table : `TablePlace` or `InternedTable`, optional
            Where its table file is.
        tags : `~collections.abc.Sequence` [ `str` ], optional
            Tags to give it, taken from other versions. By default EUPS's rule:
            ``current`` if no version is declared yet, else none. EUPS knows
            only tags that are registered: see `register_tags`.
        flavor : `Flavor`, optional
            By default the platform's.
        declarer : `str`, optional
            By default our login name.
        now : `~datetime.datetime`, optional
            By default the local time.
        force : `bool`, optional
            Whether a declaration that says something else is replaced.

        Returns
        -------
        changed : `bool`
            False if it was declared like this already; its tags are set all
            the same.

        Raises
        ------
        NotFoundError
            Raised if the folder or its table file is not there.
        RefusedError
            Raised if it is declared otherwise already, or we may not write.
        """
        flavor = flavor or self.flavor
        stamp = Stamp.make(declarer, now)
        if tags is None:
            tags = () if self._is_declared(product, flavor) else (CURRENT,)
        declaration = spell_declaration(
            product, version, flavor, directory=directory, table=table, stack=self.path, stamp=stamp
        )
        old = self._database.read_version(product, version) or VersionFile(
            product=product, version=version, flavors=()
        )
        known = old.find(flavor)
        changed = known is None or force or not says_the_same(known, declaration)
        if known is not None and changed:
            if not force:
                raise RefusedError(
                    f"`{product}` {version} is declared in `{known.product_dir}` already, "
                    f"not in `{declaration.product_dir}`",
                    hint="undeclare it first",
                )
            declaration = redeclare(declaration, known, stamp)
        if isinstance(table, InternedTable):
            self._database.write_interned(interned_path(product, version, flavor), table.format().encode())
        if changed:
            self._write(old.including(declaration))
        for tag in tags:
            self._assign(product, version, tag, flavor, stamp, afresh=True)
        return changed

    def undeclare(self, product: ProductName, version: EupsVersion, *, flavor: Flavor | None = None) -> None:
        """Forget a product, its tags first; its folder stays.

        Parameters
        ----------
        product : `ProductName`
            EUPS product.
        version : `EupsVersion`
            Its version.
        flavor : `Flavor`, optional
            By default the platform's.

        Raises
        ------
        NotFoundError
            Raised if it is not declared for the flavor.
        RefusedError
            Raised if we may not write.
        """
        flavor = flavor or self.flavor
        file = self._declared(product, version, flavor)
        for tag in self._database.chain_names(product):
            if self.tagged_for(product, tag, flavor) == version:
                self.unassign_tag(product, tag, flavor=flavor)
        self._write(file.excluding(flavor))
        self._database.remove_product(product)

    def assign_tag(
        self,
        product: ProductName,
        version: EupsVersion,
        tag: str,
        *,
        flavor: Flavor | None = None,
        declarer: str | None = None,
        now: datetime | None = None,
    ) -> bool:
        """Give a tag to a declared version, and register the tag.

        Parameters
        ----------
        product : `ProductName`
            EUPS product.
        version : `EupsVersion`
            Its version; another one that carries the tag loses it.
        tag : `str`
            The tag.
        flavor : `Flavor`, optional
            By default the platform's.
        declarer : `str`, optional
            By default our login name.
        now : `~datetime.datetime`, optional
            By default the local time.

        Returns
        -------
        changed : `bool`
            False if it carries the tag already.

        Raises
        ------
        NotFoundError
            Raised if the version is not declared for the flavor.
        RefusedError
            Raised if we may not write.
        """
        flavor = flavor or self.flavor
        self._declared(product, version, flavor)
        if tag != CURRENT:
            self.register_tags((tag,))
        if self.tagged_for(product, tag, flavor) == version:
            return False
        stamp = Stamp.make(declarer, now)
        self._assign(product, version, tag, flavor, stamp, afresh=False)
        return True

    def unassign_tag(self, product: ProductName, tag: str, *, flavor: Flavor | None = None) -> None:
        """Take a tag from whatever version carries it for a flavor; it stays registered."""
        chain = self._database.read_chain(product, tag)
        if chain is not None:
            self._database.write_chain(chain.excluding(flavor or self.flavor))

    def register_tags(self, tags: Iterable[str]) -> None:
        """Register tags, without which EUPS refuses them; known ones stay where they are."""
        self._database.add_global_tags(tags)

    def _declared(self, product: ProductName, version: EupsVersion, flavor: Flavor) -> VersionFile:
        file = self._database.read_version(product, version)
        if file is None or file.find(flavor) is None:
            raise NotFoundError(f"`{product}` {version} is not declared for `{flavor}` in `{self.path}`")
        return file

    def _is_declared(self, product: ProductName, flavor: Flavor) -> bool:
        """Say whether any version is declared for a flavor or for ``generic``."""
        names = self._database.version_names(product)
        files = (self._database.read_version(product, EupsVersion(name)) for name in names)
        return any(file.find(flavor) or file.find(GENERIC) for file in files if file is not None)

    def _write(self, file: VersionFile) -> None:
        self._database.write_version(file)
        self._found.clear()

    def _assign(
        self,
        product: ProductName,
        version: EupsVersion,
        tag: str,
        flavor: Flavor,
        stamp: Stamp,
        *,
        afresh: bool,
    ) -> None:
        chain = self._database.read_chain(product, tag) or ChainFile(product=product, tag=tag, assignments=())
        if afresh:
            # `eups declare -t` removes the old assignment first, so it leaves no trace of it.
            chain = chain.excluding(flavor)
        old = chain.find(flavor)
        new = ChainAssignment(flavor=flavor, version=version, declarer=stamp.who, declared=stamp.when)
        if old is not None:
            new = old._replace(version=version, modifier=stamp.who, modified=stamp.when)
        self._database.write_chain(chain.including(new))
