"""A database wrapper of Django's that never connects: what it is sent is read and remembered.

Django's own executor, schema editors and compilers run on it as on any other. It knows what earlier
statements made, which is what editors look up: the names of constraints, and the steps recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.backends.base.introspection import TableInfo
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Index

from migration_tools.backends.catalogue.parts import Kind
from migration_tools.backends.unconnected.memory import Constraint, Memory
from migration_tools.backends.unconnected.reading import Reader

if TYPE_CHECKING:
    from migration_tools.backends.catalogue.base import Catalogue

STEPS = re.escape(MigrationRecorder.Migration._meta.db_table)
SELECT_STEPS = re.compile(rf"SELECT\b.*\bFROM\W+{STEPS}\b", re.S)
INSERT_STEP = re.compile(rf"INSERT INTO\W+{STEPS}\b")
DELETE_STEP = re.compile(rf"DELETE FROM\W+{STEPS}\b")
METHOD = re.compile(r"USING (?!btree\b)(\w+)", re.I)
COLLATION = re.compile(r"CREATE COLLATION \W*(\w+).*deterministic = false", re.S | re.I)


class Silence:
    """In the place of a driver's connection."""

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class SilentCursor:
    """In the place of a driver's cursor: knows the rows of Django's own table, and no others."""

    rowcount = 0
    lastrowid = 0
    description = None

    def __init__(self, wrapper: Unconnected) -> None:
        self.wrapper = wrapper
        self.rows: list[tuple[Any, ...]] = []

    def execute(self, sql: Any, params: Any = None) -> None:
        text, memory = str(sql), self.wrapper.memory
        self.rows = []
        if SELECT_STEPS.match(text):
            self.rows = [(i, app, name, None) for i, (app, name) in enumerate(memory.rows)]
        elif INSERT_STEP.match(text):
            self.rows = [(len(memory.rows),)]
            memory.rows.append((params[0], params[1]))
        elif DELETE_STEP.match(text):
            self.rowcount = 1
            memory.rows = [row for row in memory.rows if params and row != tuple(params)]
        elif "pg_collation" in text:
            self.rows = [(params[0] not in memory.moving_collations,)]
        else:
            if found := COLLATION.match(text):
                memory.moving_collations.add(found[1])
            self.wrapper.reader.read(self._whole(text, params))

    def _whole(self, text: str, params: Any) -> str:
        if params is None:
            return text
        quote = self.wrapper.SchemaEditorClass(self.wrapper, collect_sql=True).quote_value
        return text % tuple(quote(value) for value in params)

    def executemany(self, sql: Any, rows: Any) -> None:
        for params in rows:
            self.execute(sql, params)

    def fetchone(self) -> tuple[Any, ...] | None:
        return self.rows.pop(0) if self.rows else None

    def fetchmany(self, size: int = 1) -> Any:
        """Django goes on asking until it gets what this driver gives at the end."""
        told, self.rows = self.rows[:size], self.rows[size:]
        return told or self.wrapper.features.empty_fetchmany_value

    def fetchall(self) -> list[tuple[Any, ...]]:
        told, self.rows = self.rows, []
        return told

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())

    def close(self) -> None: ...


class MemoryIntrospection:
    """Of a backend's introspection, what schema editors and the executor ask."""

    connection: Any

    def get_table_list(self, cursor: Any) -> list[TableInfo]:
        return [TableInfo(name, "t") for name in self.connection.memory.tables]

    def get_constraints(self, cursor: Any, table_name: Any) -> Any:
        table = self.connection.memory.tables.get(table_name)
        told = {c.name: self.as_django(c) for c in (table.constraints.values() if table else ())}
        checked = [c for c in (table.columns.values() if table else ()) if c.check]
        for number, column in enumerate(checked, 1):
            # Django makes up a name where the engine has the column's own.
            name = f"__unnamed_constraint_{number}__"
            check = Constraint(name=name, kind=Kind.CHECK, columns=[column.name])
            told[name] = self.as_django(check)
        return told

    def as_django(self, constraint: Constraint) -> dict[str, Any]:
        kind = constraint.kind
        is_index = kind in self.connection.indexes or constraint.implicit
        key = None
        if kind is Kind.FOREIGN_KEY:
            key = (constraint.target, constraint.target_columns[0])
        method = METHOD.match(constraint.text)
        return {
            "columns": [] if constraint.expressions else constraint.columns,
            "primary_key": kind is Kind.PRIMARY_KEY,
            "unique": constraint.unique,
            "foreign_key": key,
            "check": kind is Kind.CHECK,
            "index": is_index,
            "type": method[1].lower() if method and is_index else Index.suffix,
            "orders": [],
            "definition": None,
            "options": None,
        }

    def get_sequences(self, cursor: Any, table_name: Any, table_fields: Any = ()) -> Any:
        table = self.connection.memory.tables.get(table_name)
        return [
            {"name": column.sequence, "table": table_name, "column": column.name}
            for column in (table.columns.values() if table else ())
            if column.auto
        ]


class Unconnected:
    """Stands before a wrapper of Django's among the bases of a class."""

    reader_class: ClassVar[type[Reader]]
    catalogue_class: ClassVar[type[Catalogue]]
    silence_class: ClassVar[type[Silence]] = Silence
    #: What introspection has as an index.
    indexes: ClassVar[tuple[Kind, ...]] = (Kind.INDEX,)

    connection: Any
    features: Any
    settings_dict: dict[str, Any]
    SchemaEditorClass: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.memory = Memory()
        self.reader = self.reader_class(self.memory)

    def get_connection_params(self) -> dict[str, Any]:
        return {}

    def get_new_connection(self, conn_params: Any) -> Silence:
        return self.silence_class()

    def init_connection_state(self) -> None: ...

    def create_cursor(self, name: Any = None) -> Any:
        return SilentCursor(self)

    @property
    def queries_logged(self) -> bool:
        """No cursor of the driver's could tell what was sent."""
        return False

    def is_usable(self) -> bool:
        return True

    # Private parts of Django, which every backend has to have: pinned by the tests.
    def _set_autocommit(self, autocommit: bool) -> None: ...

    def _close(self) -> None: ...

    @property
    def oldest(self) -> tuple[int, ...]:
        """The version of the engine that is taken: the oldest that this Django runs on."""
        return tuple(self.features.minimum_database_version)

    @property
    def engine_told(self) -> str:
        return f"{self.display_name} {'.'.join(map(str, self.oldest))}"

    display_name: str
