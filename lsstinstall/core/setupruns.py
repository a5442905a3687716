"""One set-up while it runs: products, their tables, and the shell they change.

The order of things is that of ``eups.Eups.setup`` (EUPS 2.2.15): tables run
from top to bottom, and a dependency is processed where it stands.
"""

from __future__ import annotations

from contextlib import contextmanager
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.dependencies import Dependency
from lsstinstall.core.errors import ConfigurationError, ToolkitError
from lsstinstall.core.inventories import Inventory, product_in
from lsstinstall.core.resolutions import COMMAND_LINE, Choice, Resolver, Wanted, order_below, version_matches
from lsstinstall.core.setuprecords import SetupRecord, directory_variable, extra_variable
from lsstinstall.core.setups import (
    DependencyError,
    EndlessSetupError,
    MissingProductError,
)
from lsstinstall.core.statements import Statement, Verb
from lsstinstall.core.tableactions import Shell
from lsstinstall.core.tables import parse_table
from lsstinstall.core.variables import ProductVariables, expand_environment
from lsstinstall.core.versions import EupsVersion, local_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.setups import InstalledProduct, ProductSources, SetupRequest
    from lsstinstall.core.tables import TableFile

__all__ = ["SetupRun"]

_EUPS_VERSION = EupsVersion("2.2.15")
"""The version whose behavior this is, for tables that ask for one."""

_DEEPEST = 250
_MOST = 20_000
"""How many tables a run may process: ten times what the largest stack needs in the worst order."""

_TAKE_DOWN = frozenset({Verb.UNSETUP_REQUIRED, Verb.UNSETUP_OPTIONAL})


class _Place(NamedTuple):
    """The table that is being processed."""

    source: str
    statements: tuple[Statement, ...]
    variables: ProductVariables
    depth: int
    alone: bool


class SetupRun:
    """A run of set-ups and take-downs on one environment.

    Parameters
    ----------
    sources : `ProductSources`
        Where products come from.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The environment to begin with.
    request : `SetupRequest`
        Its options count here, not its product.
    order : `tuple` [ `str`, ... ]
        The version resolution order.

    Attributes
    ----------
    shell : `Shell`
        The variables and aliases as they are now.
    warnings : `list` [ `str` ]
        What a user may want to act on.
    """

    def __init__(
        self,
        sources: ProductSources,
        environ: Mapping[str, str],
        request: SetupRequest,
        order: tuple[str, ...],
    ) -> None:
        self.shell = Shell(environ)
        self.warnings: list[str] = []
        self._sources = sources
        self._keep = request.keep
        self._order = order
        self._initial = environ
        self._inventory = Inventory(sources, environ)
        self._started = False
        self._known: dict[ProductName, Choice | None] = {}
        self._reached: dict[ProductName, None] = {}
        self._processed = 0
        self._tables: dict[tuple[str, bool], TableFile] = {}
        self._types = {*request.types, *(word[5:] for word in order if word.startswith("type:"))}
        implicit = sources.implicit_product()
        optional = Statement(verb=Verb.SETUP_OPTIONAL, arguments=(implicit or "",))
        self._implicit = () if implicit is None else (optional,)
        self._resolver = Resolver(
            sources, request.files, known=self._choice_before, set_up=self.set_up_now, types=self._types
        )

    @property
    def products(self) -> tuple[tuple[ProductName, EupsVersion], ...]:
        """What was set up, or found set up as wanted; the first reached first."""
        records = ((name, self._inventory.record(name, self.shell.environ)) for name in self._reached)
        return tuple((name, record.version) for name, record in records if record is not None)

    def set_up_now(self, product: ProductName) -> InstalledProduct | None:
        """Find a product as it is set up now; `None` if it is not."""
        return self._inventory.find(product, self.shell.environ)

    def set_up(
        self,
        wanted: Wanted,
        *,
        directory: str | None = None,
        declared_table: bool = False,
        alone: bool = False,
    ) -> InstalledProduct:
        """Set a product up, and what its table asks for.

        Parameters
        ----------
        wanted : `Wanted`
            What is looked for.
        directory : `str`, optional
            Absolute path of its files, if they are not those of a stack.
        declared_table : `bool`, optional
            Whether a directory is set up with the table file of the version
            that is asked for besides, not with its own.
        alone : `bool`, optional
            Whether its dependencies are left alone.

        Returns
        -------
        product : `InstalledProduct`
            The product; if a directory was given with a version, the declared
            one.

        Raises
        ------
        MissingProductError
            Raised if no acceptable version is declared.
        DependencyError
            Raised if a product that it requires cannot be set up.
        ToolkitError
            Raised if a table is missing or breaks its format.
        """
        if wanted.depth > _DEEPEST:
            raise EndlessSetupError(wanted.product)
        choice = self._choose(wanted, directory)
        product = choice.product
        table = product.table if declared_table and wanted.version is not None else None
        local = self._local(wanted, directory, table)
        if not self._started:
            self._started = True
            self._known[product.name] = choice
        place = self._place(product, product.flavor, depth=wanted.depth, alone=alone)
        self._reached[product.name] = None
        current = self.set_up_now(product.name)
        if current is not None:
            same = current.version == product.version or current.directory == product.directory
            if same and wanted.depth:
                return product
            self._replace(product.name, alone=alone)
        self._announce(product, local, table)
        self._known[product.name] = choice
        for statement in place.statements:
            if local is None or statement.verb.names_product:
                self._perform(statement, place)
        if local is not None:
            self._perform_local(local, product.flavor, alone=alone)
        return product

    def take_down(self, product: ProductName, *, depth: int = 0, alone: bool = False) -> None:
        """Undo a set-up, and those that its table asks for.

        Parameters
        ----------
        product : `ProductName`
            EUPS product.
        depth : `int`, optional
            0 for what the user asked for, more for dependencies.
        alone : `bool`, optional
            Whether its dependencies are left alone.

        Raises
        ------
        MissingProductError
            Raised if it is not set up.
        ToolkitError
            Raised if its table is missing or breaks its format.
        """
        found = self.set_up_now(product)
        if found is None:
            raise MissingProductError(product, None, sought="is set up")
        place = self._place(found, self._sources.flavors[0], depth=depth, alone=alone)
        environ = self.shell.environ
        own = self._inventory.variable(product, environ)
        for name in (directory_variable(product), own, extra_variable(product)):
            environ.pop(name, None)
        for statement in place.statements:
            self._undo(statement, place)

    def _choose(self, wanted: Wanted, directory: str | None) -> Choice:
        if directory is not None and wanted.version is None:
            local = self._inventory.local(
                wanted.product, directory, flavor=self._sources.flavors[0], table=None
            )
            return Choice(product=local, reason=COMMAND_LINE)
        choice = self._resolver.resolve(wanted, self._order, keep=self._keep)
        if choice is None:
            raise MissingProductError(wanted.product, wanted.version, sought=f"in {self._sources.place}")
        return choice

    def _local(self, wanted: Wanted, directory: str | None, table: str | None) -> InstalledProduct | None:
        if directory is None and wanted.version is not None:
            directory = local_directory(wanted.version)
        if directory is None:
            return None
        flavor = self._sources.flavors[0]
        return self._inventory.local(wanted.product, directory, flavor=flavor, table=table)

    def _choice_before(self, product: ProductName) -> Choice | None:
        if not self._started:
            return None
        if product not in self._known:
            found = self._inventory.find(product, self._initial)
            self._known[product] = None if found is None else Choice(product=found, reason=None)
        return self._known[product]

    def _place(self, product: InstalledProduct, flavor: Flavor, *, depth: int, alone: bool) -> _Place:
        self._processed += 1
        if self._processed > _MOST:
            raise EndlessSetupError(product.name)
        source = product.table or ""
        statements: tuple[Statement, ...] = ()
        if product.table is not None:
            table = self._table(product, product.table, alone=alone)
            chosen = table.statements(flavor=flavor, types=self._types, environ=self.shell.environ)
            statements = chosen + self._implicit
        variables = _variables(product, dirname(source))
        return _Place(source=source, statements=statements, variables=variables, depth=depth, alone=alone)

    def _table(self, product: InstalledProduct, path: str, *, alone: bool) -> TableFile:
        table = self._tables.get((path, alone))
        if table is None:
            text = self._sources.stacks[0].table(product) or ""
            table = parse_table(text, source=path, dependencies=not alone)
            self._tables[path, alone] = table
            # Empty blocks are for those who write tables: each exact block without products is one.
            self.warnings += [str(one) for one in table.diagnostics if one.skipped]
        return table

    def _replace(self, product: ProductName, *, alone: bool) -> None:
        # As in EUPS, what cannot be taken down is set up over.
        try:
            self.take_down(product, alone=alone)
        except EndlessSetupError:
            raise
        except ToolkitError as error:
            self.warnings.append(f"the earlier set-up of `{product}` cannot be undone: {error}")

    def _announce(self, product: InstalledProduct, local: InstalledProduct | None, table: str | None) -> None:
        shown = product if local is None else local
        record = SetupRecord(
            product=product.name,
            version=shown.version,
            flavor=product.flavor,
            stack=product.stack,
            table=table,
        )
        environ = self.shell.environ
        environ[directory_variable(product.name)] = shown.directory or "none"
        environ[self._inventory.variable(product.name, environ)] = record.format()
        if product.extra_dir is not None:
            environ[extra_variable(product.name)] = product.extra_dir

    def _perform_local(self, local: InstalledProduct, flavor: Flavor, *, alone: bool) -> None:
        place = self._place(local, flavor, depth=-1, alone=alone)
        for statement in place.statements:
            if not statement.verb.names_product:
                self._perform(statement, place)

    def _perform(self, statement: Statement, place: _Place) -> None:
        if not statement.verb.names_product:
            self.shell.perform(statement, place.variables)
        elif not place.alone:
            self._depend(self._dependency(statement, place), statement, place)

    def _undo(self, statement: Statement, place: _Place) -> None:
        if not statement.verb.names_product:
            self.shell.undo(statement, place.variables)
        elif not place.alone and statement.verb not in _TAKE_DOWN:
            dependency = self._dependency(statement, place)
            if dependency.check or dependency.external:
                return
            product = self._named(dependency, self._directory(dependency, place))
            with self._rolled_back(optional=True, where=place.source):
                self.take_down(product, depth=place.depth + 1, alone=dependency.just)

    def _dependency(self, statement: Statement, place: _Place) -> Dependency:
        environ = self.shell.environ
        arguments = tuple(place.variables.expand(argument, environ) for argument in statement.arguments)
        dependency = Dependency.parse(statement._replace(arguments=arguments))
        where = f"{place.source}:{statement.line}"
        if dependency.ignored:
            words = " ".join(dependency.ignored)
            self.warnings.append(f"{where}: nobody knows the options `{words}`, ignored")
        if not dependency.check:
            return dependency
        if dependency.product != "eups":
            raise ConfigurationError(f"`-n` is only for `eups`, in {where}")
        text = dependency.expression
        if text is not None and not version_matches(_EUPS_VERSION, text):
            raise ConfigurationError(f"this follows EUPS {_EUPS_VERSION}, which is not `{text}`, in {where}")
        return dependency

    def _depend(self, dependency: Dependency, statement: Statement, place: _Place) -> None:
        if dependency.check or dependency.external:
            return
        where = f"{place.source}:{statement.line}"
        directory = self._directory(dependency, place)
        product = self._named(dependency, directory)
        depth = place.depth + 1
        if statement.verb in _TAKE_DOWN:
            with self._rolled_back(optional=dependency.optional, where=where):
                self.take_down(product, depth=depth, alone=dependency.just)
            return
        order, unknown = order_below(self._order, dependency, self._sources, place=where)
        self.warnings += [f"{where}: there is no tag `{tag}`, ignored" for tag in unknown]
        with self._rolled_back(optional=dependency.optional, where=where):
            self._order = order
            wanted = Wanted(
                product=product, version=dependency.version, expression=dependency.expression, depth=depth
            )
            self.set_up(wanted, directory=directory, alone=dependency.just)

    @contextmanager
    def _rolled_back(self, *, optional: bool, where: str) -> Iterator[None]:
        # Aliases stay, and so does what is known of the versions met: as in EUPS.
        environ, order = dict(self.shell.environ), self._order
        try:
            yield
        except (DependencyError, EndlessSetupError) as error:
            self.shell.environ = environ
            if not optional or isinstance(error, EndlessSetupError):
                raise
        except ToolkitError as error:
            self.shell.environ = environ
            if not optional:
                raise DependencyError(error, place=where) from error
        finally:
            self._order = order

    def _directory(self, dependency: Dependency, place: _Place) -> str | None:
        if dependency.directory is None:
            return None
        directory = expand_environment(dependency.directory, self.shell.environ) or ""
        if directory == "~" or directory.startswith("~/"):
            directory = self.shell.environ.get("HOME", "~") + directory[1:]
        return normpath(join(place.variables.directory, directory))

    def _named(self, dependency: Dependency, directory: str | None) -> ProductName:
        if dependency.product is not None and directory is None:
            return dependency.product
        return product_in(directory or "", dependency.product, self._sources)


def _variables(product: InstalledProduct, ups_dir: str) -> ProductVariables:
    database = f"{product.stack}/ups_db" if product.stack.startswith("/") else product.stack
    return ProductVariables(
        name=product.name,
        version=product.version,
        flavor=product.flavor,
        directory=product.directory or "none",
        stack=product.stack,
        ups_dir=ups_dir,
        extra_dir=f"{database}/{product.flavor}/{product.name}/{product.version}",
        extra_exists=product.extra_dir is not None,
    )
