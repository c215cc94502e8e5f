"""The portable answer to each question that Django does not answer about an engine."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import Error, transaction

from migration_tools.backends.hanging import (
    Act,
    Dependant,
    ForeignKey,
    Kind,
    Outcome,
    Trial,
    Violation,
)
from migration_tools.backends.kept import Holding, KeptRule
from migration_tools.backends.locks import RunLock
from migration_tools.columns import Column
from migration_tools.exceptions import Refused

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: Rows fetched at a time.
CHUNK = 2000


class Obstacle(enum.StrEnum):
    """Why an engine refuses a value; each has its entry in the catalogue of hazards."""

    NULLS = "nulls"
    OUT_OF_RANGE = "out of range"
    TOO_LONG = "too long"
    NOT_CONVERTIBLE = "not convertible"
    CHECK = "check"
    DUPLICATES = "duplicates"
    ORPHANS = "orphans"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A condition over today's value, in the engine's SQL, and what it means when it holds.

    ``predicate`` never raises and is NULL or false for NULL values. ``reason`` continues the
    sentence "loses 311 values, ..." ("rounded") or "2 rows ..." ("are below 0").
    """

    predicate: str
    reason: str
    obstacle: Obstacle | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What changing a column's type does to one stored value on this engine.

    ``value``: SQL expression of the value afterwards (for a later step of the same plan), NULL
    where the value would be refused; None if it cannot be said. ``lost``: values which the
    inverse change would not bring back. ``blocked``: values which make the step fail.
    ``doubtful``: values of which the engine alone knows whether it refuses, changes or keeps them.
    ``misread``: values that stay as they are but that Django reads as something else meanwhile.
    ``impossible``: why the engine refuses the change whatever the rows are, even over none; the
    judgements are then empty. ``unknown``: why this pair of types cannot be judged; the rest is
    then empty. The predicates of all judgements exclude each other, except that a misread value
    may also be lost.
    """

    value: str | None
    lost: tuple[Judgement, ...] = ()
    blocked: tuple[Judgement, ...] = ()
    misread: tuple[Judgement, ...] = ()
    doubtful: tuple[Judgement, ...] = ()
    impossible: str = ""
    unknown: str = ""


@contextlib.contextmanager
def unkept_savepoint(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """A transaction, or a savepoint in one, that is always taken back, settings included."""
    with transaction.atomic(using=connection.alias):
        yield
        transaction.set_rollback(True, using=connection.alias)


class Backend:
    """One engine, as far as a preview needs to know it. Subclasses hold only differences."""

    #: Shown in reports; None takes Django's display name.
    name: ClassVar[str | None] = None
    #: Tested against a real server of this vendor. Others get a note in every report.
    first_class: ClassVar[bool] = False
    #: What sqlglot calls the engine's SQL; empty where it is not read.
    dialect: ClassVar[str] = ""
    #: The engine's own program, called so that a script ends at its first error.
    script_runner: ClassVar[str] = ""
    #: Forbidding NULL fills blank text with "" and auto_now with the time, without a default.
    fills_implicit_defaults: bool = False
    #: By which text is compared where its column does not say; empty where that is not known.
    collation: ClassVar[str] = ""
    #: Every step ends with a look at the foreign keys of all tables, and fails if one is violated.
    checks_all_keys: ClassVar[bool] = False
    #: Constraints are added to a table, or taken from it, by making it anew.
    remakes_tables: ClassVar[bool] = False

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    # --- the server -------------------------------------------------------------------------

    @property
    def display_name(self) -> str:
        return self.name or self.connection.display_name

    def server_version(self) -> str:
        """For people ("15.20"); empty where the vendor does not say."""
        try:
            version = self.connection.get_database_version()
        except NotImplementedError:
            return ""
        return ".".join(str(part) for part in version)

    def is_absent(self) -> bool:
        """The database itself does not exist yet, and connecting would create it."""
        return False

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """The engine itself refuses every write inside; nothing is left changed afterwards."""
        yield

    @contextlib.contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """A statement that runs longer raises OperationalError; usable only inside read_only()."""
        yield

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query one after another, never all of them in memory."""
        with self.connection.chunked_cursor() as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(CHUNK):
                yield from rows

    def run_lock(self) -> RunLock:
        """What keeps a second run away from this database."""
        return RunLock(self.connection)

    @contextlib.contextmanager
    def lock_limit(self, seconds: float) -> Iterator[None]:
        """A statement that waits longer for a lock of others fails; see ``gave_up_waiting``."""
        raise Refused(f"How long to wait for a lock cannot be said on {self.display_name}.")
        yield

    def writing_at_once(self) -> contextlib.AbstractContextManager[None]:
        """A transaction that is begun within is one that writes, from its first statement on."""
        return contextlib.nullcontext()

    def gave_up_waiting(self, error: Error) -> bool:
        """Whether a statement failed because others held a lock for too long."""
        return False

    # --- the schema of today ----------------------------------------------------------------

    def columns_of(self, tables: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """The column names of those of ``tables`` that exist, in their order."""
        introspection = self.connection.introspection
        fold = introspection.identifier_converter
        with self.connection.cursor() as cursor:
            existing = set(introspection.table_names(cursor, include_views=True))
            return {
                table: tuple(
                    column.name for column in introspection.get_table_description(cursor, table)
                )
                for table in tables
                if fold(table) in existing
            }

    def definitions(self, *statements: str) -> str:
        """A hash of the tables that are named in these statements, as they are at the moment; ""
        while one of them cannot be read for a lock of this session's own."""
        quote = re.escape(self.quote("x")[0])
        named = {
            name for text in statements for name in re.findall(f"{quote}([^{quote}]+){quote}", text)
        }
        found = [(name, self.definition(name)) for name in self.columns_of(sorted(named))]
        return hashlib.sha256(repr(sorted(found)).encode()).hexdigest()

    def definition(self, table: str) -> str:
        """Everything about a table that a migration could change, in a text for comparison."""
        introspection = self.connection.introspection
        with self.connection.cursor() as cursor:
            columns = introspection.get_table_description(cursor, table)
            constraints = introspection.get_constraints(cursor, table)
        return repr((list(map(tuple, columns)), sorted(constraints.items())))

    def hidden_of(self, tables: Sequence[str]) -> frozenset[str]:
        """Those of ``tables``, absent from ``columns_of``, of which this user may not even know
        whether they exist."""
        return frozenset()

    def primary_key_of(self, table: str) -> tuple[str, ...]:
        """The columns of its primary key; empty if it has none, or where this cannot be asked."""
        introspection = self.connection.introspection
        if self.quote("x")[0] in table:  # it brings its own quotes, and perhaps a schema
            return ()
        with self.connection.cursor() as cursor:
            return tuple(introspection.get_primary_key_columns(cursor, table) or ())

    def foreign_keys(self, tables: Sequence[str]) -> tuple[ForeignKey, ...]:
        """Those from or to one of ``tables``; of all tables where ``checks_all_keys``."""
        return ()

    def violated_keys(self) -> tuple[Violation, ...]:
        """Foreign keys of any table that rows violate today; asked where ``checks_all_keys``."""
        return ()

    def dependants_of(self, tables: Sequence[str]) -> tuple[Dependant, ...]:
        """What hangs on these tables besides foreign keys."""
        return ()

    def outcome(self, act: Act, kind: Kind, *, shared: bool = False) -> Outcome | None:
        """What becomes of what hangs on a table; None: nothing. ``shared``: on several columns."""
        return None

    def remakes(self, old: Column | None, new: Column | None) -> bool:
        """Whether the table is made anew to add (``old`` is None), drop or change a column."""
        return False

    def trial(self, tables: Sequence[str] | None = None) -> Trial | None:
        """None where a schema cannot be copied for nothing. ``tables``: all that will be named on
        it; None where that is not known."""
        return None

    def kept_rules(self, table: str) -> Mapping[str, KeptRule] | None:
        """Checks and unique indexes of which the engine keeps the text while a column changes;
        None where it cannot be asked, or where they are made anew."""
        return None

    def over(self, text: str, holding: Holding) -> str:
        """Such a text as an expression over what the columns hold by then."""
        raise NotImplementedError

    def refused_rule(self, expression: str, table: str) -> str:
        """Why the engine does not take such an expression, whatever the rows are."""
        return ""

    def current_schema(self) -> str:
        """Where a new table would be made; "" where a database is all there is."""
        return ""

    def leaves_room(self, table: str) -> bool:
        """Whether a new table of this name can be made although there is one, in another schema."""
        return False

    def fold_table(self, name: str) -> str:
        """One spelling for all that the engine takes for the same table."""
        return name

    def fold_column(self, name: str) -> str:
        return name

    def estimated_rows(self, table: str) -> int | None:
        """From the engine's catalogue, without reading the table; None if it has no figure."""
        return None

    def size_of(self, table: str) -> int | None:
        """Bytes on disk, indexes included; None if the engine cannot say."""
        return None

    def invented_value(self, column: Column) -> str | None:
        """What ADD COLUMN ... NOT NULL without a default puts into the rows that are there.

        As the engine shows it ("0", "''"); None where the engine refuses the statement.
        """
        return None

    def read_as_text(self, table: str, name: str) -> str | None:
        """What a query reads in the place of a column that the table has not got: a literal.

        None where the engine refuses such a query, as most do.
        """
        return None

    def value_for_null(self, column: Column) -> str | None:
        """What a NULL becomes when NOT NULL is set without a default; None where that fails."""
        return None

    # --- values -----------------------------------------------------------------------------

    def quote(self, name: str) -> str:
        return str(self.connection.ops.quote_name(name))

    def can_write(self, name: str) -> bool:
        """Whether what `quote` makes of it is one name; "schema"."table" brings its own quotes."""
        quoted, mark = self.quote(name), self.quote("x")[0]
        if quoted[0] != quoted[-1]:  # brackets
            return True
        inside = quoted[1:-1].replace(f"{mark}.{mark}", "").replace(mark * 2, "")
        return mark not in inside

    def literal(self, value: object) -> str:
        """A Python value, already prepared for the database, as SQL text to read and to run."""
        with_editor = self.connection.SchemaEditorClass(self.connection, collect_sql=True)
        told: Any = with_editor.quote_value(value)
        # MySQLdb answers in bytes to all but text and numbers: a bool, a UUID, an enum's member.
        return told.decode() if isinstance(told, bytes) else str(told)

    def constant(self, literal: str, column: Column) -> str:
        """A literal that can stand where the column stands, in GROUP BY as well."""
        return f"COALESCE({literal}, NULL)"

    def count_where(self, predicate: str) -> str:
        """An aggregate: rows for which ``predicate`` is true, and neither false nor NULL."""
        return f"COUNT(CASE WHEN {predicate} THEN 1 END)"

    def differs(self, quoted: str, literal: str, column: Column) -> str:
        """A condition: the column's value is another one, whatever its collation takes as equal."""
        return f"{quoted} <> {literal}"

    @property
    def division_by_zero_fails(self) -> bool:
        """When an index is made over it."""
        return False

    def computation_error(
        self, table: str, expression: str, column: Column, where: str = ""
    ) -> str:
        """What the engine says while it computes a stored generated column; "" for nothing."""
        return ""

    def unfitting(self, column: Column, value: str) -> str:
        """A condition for values that a generated column cannot hold; "" where any fits."""
        return ""

    def refused_index(self, columns: Sequence[Column], *, unique: bool) -> str:
        """Why an index over these columns is refused whatever the rows are; empty if it is not."""
        return ""

    def oversized_entry(self, columns: Sequence[Column], quoted: Sequence[str]) -> str:
        """A condition for rows that such an index cannot hold; empty if there is no limit."""
        return ""

    def converts(self, old: Column, new: Column) -> bool:
        """Whether the change touches stored values at all, by what the engine calls the types."""
        if old.db_type is None or new.db_type is None:  # no database was asked
            return _declared(old) != _declared(new)
        return old.db_type != new.db_type or old.db_check != new.db_check

    def conversion(self, old: Column, new: Column, value: str) -> Conversion:
        """Judge ALTER COLUMN from ``old`` to ``new``; ``value`` is the SQL of the value before."""
        if not self.converts(old, new):
            return Conversion(value=value)
        return self.no_rule(old, new)

    def collated(self, conversion: Conversion, old: Column, new: Column, table: str) -> Conversion:
        """The conversion, with a value that compares as text of the new column does.

        ``table``: by its name today; what its columns compare by may depend on it.
        """
        if conversion.value is None or not self._is_collated_anew(old, new):
            return conversion
        value = f"({conversion.value}) COLLATE {self.quote(new.collation or self.collation)}"
        return dataclasses.replace(conversion, value=value)

    def _is_collated_anew(self, old: Column, new: Column) -> bool:
        if not new.is_text:
            return False
        if not old.is_text or old.collation == new.collation:
            # A rule compares by bytes; what it gives has to compare by the column's own way again.
            return new.collation is not None and self.converts(old, new)
        return bool(new.collation or self.collation)

    def no_rule(self, old: Column, new: Column) -> Conversion:
        if old.db_type is None or new.db_type is None:
            return Conversion(value=None, unknown="no database was asked")
        change = f"{old.db_type} to {new.db_type}"
        return Conversion(
            value=None, unknown=f"no rule is known for {change} on {self.display_name}"
        )


def _declared(column: Column) -> tuple[object, ...]:
    return column.type, column.max_length, column.max_digits, column.decimal_places
