"""SQLite's catalogue: its pragmas, and the text of CREATE TABLE for what they leave out."""

from __future__ import annotations

from typing import Any

from migration_tools.backends.catalogue import sqlite_text as text
from migration_tools.backends.catalogue.base import Catalogue
from migration_tools.backends.catalogue.parts import (
    Extra,
    Kind,
    Part,
    Schema,
    Table,
    archives,
    is_own,
    of_the_project,
)

MASTER_QUERY = """
    SELECT type, name, tbl_name, sql FROM sqlite_master
    WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name
"""
STORED = 3


class SQLiteCatalogue(Catalogue):
    def read(self) -> Schema:
        tables: list[Table] = []
        extras: list[Extra] = []
        master = self.rows(MASTER_QUERY)
        indexes = {str(name): str(sql) for kind, name, _, sql in master if kind == "index" and sql}
        for kind, name, table, sql in master:
            if kind == "index" or is_own(str(name)):
                extras += archives(str(name), ()) if kind == "table" else ()
                continue
            if kind == "table" and not str(sql).upper().startswith("CREATE VIRTUAL"):
                read, kept = self._table(str(name), str(sql), indexes)
                tables.append(read)
                extras += kept
            elif kind == "trigger":
                extras.append(Extra(kind="trigger", name=f"{name} on {table}"))
            else:
                extras.append(
                    Extra(kind="virtual table" if kind == "table" else "view", name=str(name))
                )
        return Schema(tables=tuple(tables), extras=tuple(extras))

    def _table(
        self, name: str, sql: str, indexes: dict[str, str]
    ) -> tuple[Table, tuple[Extra, ...]]:
        told = text.read_table(sql)
        literal = self.backend.literal(name)
        columns = self.rows(f"SELECT * FROM pragma_table_xinfo({literal})")
        parts = [
            self._column(name, row, told.columns.get(str(row[1]).lower(), text.ColumnText()))
            for row in columns
        ]
        keys = sorted((int(str(row[5])), str(row[1])) for row in columns if row[5])
        if keys:
            key = ", ".join(column for _, column in keys)
            parts.append(Part(kind=Kind.PRIMARY_KEY, definition=f"PRIMARY KEY ({key})"))
        parts += [Part(kind=Kind.CHECK, definition=f"CHECK ({check})") for check in told.checks]
        parts += self._foreign_keys(literal, told)
        own = self._indexes(literal, indexes)
        if told.options:
            parts.append(Part(kind=Kind.OPTION, key="options", definition=told.options))
        create = [sql, *(statement for part in own for statement in part.create)]
        table = Table(name=name, parts=of_the_project((*parts, *own)), create=tuple(create))
        return table, tuple(archives(name, parts))

    def _column(self, table: str, row: tuple[Any, ...], told: text.ColumnText) -> Part:
        _, name, type_, notnull, default, _, hidden = row
        pieces = [
            str(type_).lower().removesuffix("generated always").strip(),
            f"COLLATE {told.collation}" if told.collation else "",
            f"GENERATED ALWAYS AS {told.generated}" if told.generated or hidden else "",
            "AUTOINCREMENT" if told.autoincrement else "",
            f"DEFAULT {default}" if default is not None else "",
            "NOT NULL" if notnull else "NULL",
        ]
        return Part(
            kind=Kind.COLUMN,
            key=str(name),
            name=str(name),
            definition=" ".join(filter(None, pieces)),
        )

    def _foreign_keys(self, literal: str, told: text.TableText) -> list[Part]:
        rows = self.rows(f"SELECT * FROM pragma_foreign_key_list({literal})")
        keys: dict[Any, list[tuple[Any, ...]]] = {}
        for row in sorted(rows, key=lambda row: (str(row[0]), int(str(row[1])))):
            keys.setdefault(row[0], []).append(row)
        parts = []
        for key in keys.values():
            columns = [str(row[3]) for row in key]
            targets = [str(row[4] or "") for row in key]
            deferred = " , ".join(columns).lower() in told.deferred
            parts.append(
                Part(
                    kind=Kind.FOREIGN_KEY,
                    definition=f"FOREIGN KEY ({', '.join(columns)}) "
                    f"REFERENCES {key[0][2]} ({', '.join(targets)}) "
                    f"ON UPDATE {key[0][5]} ON DELETE {key[0][6]}"
                    f"{' DEFERRABLE INITIALLY DEFERRED' if deferred else ''}",
                )
            )
        return parts

    def _indexes(self, literal: str, texts: dict[str, str]) -> list[Part]:
        parts = []
        for row in self.rows(f"SELECT * FROM pragma_index_list({literal})"):
            name, unique, origin = str(row[1]), bool(row[2]), row[3]
            if origin == "pk":
                continue
            sql = texts.get(name, "")
            what = "UNIQUE" if unique else "INDEX"
            condition = text.condition_of(sql)
            parts.append(
                Part(
                    kind=Kind.UNIQUE if unique else Kind.INDEX,
                    name=name if sql else "",
                    definition=f"{what} ({', '.join(self._index_columns(name, sql))})"
                    f"{f' WHERE {condition}' if condition else ''}",
                    create=(sql,) if sql else (),
                    drop=(f"DROP INDEX {self.quote(name)}",) if sql else (),
                )
            )
        return parts

    def _index_columns(self, name: str, sql: str) -> list[str]:
        written = text.columns_of_index(sql) if sql else []
        told = []
        rows = self.rows(
            f"SELECT * FROM pragma_index_xinfo({self.backend.literal(name)}) WHERE key"
        )
        for number, (_, _, column, descending, collation, _) in enumerate(rows):
            if column is None:  # an expression, of which only the text tells
                told.append(written[number])
                continue
            order = " DESC" if descending else ""
            told.append(f"{column}{order} COLLATE {str(collation).lower()}")
        return told

    # --- mending ----------------------------------------------------------------------------

    def mend_table(
        self, expected: Table, live: Table, changes: list[tuple[Part | None, Part | None]]
    ) -> list[tuple[str, ...]]:
        """What ALTER TABLE cannot do here takes a new table with the old one's rows; once."""
        told: list[tuple[str, ...]] = []
        remake = self._remake(expected, live)
        for wanted, found in changes:
            simple = self.mend(expected, wanted, found)
            told.append(simple or remake)
            if not simple:
                remake = ("-- mended by the statements before",) if remake else ()
        return told

    def mend(self, table: Table, wanted: Part | None, found: Part | None) -> tuple[str, ...]:
        only_indexes = (Kind.INDEX, Kind.UNIQUE)
        told = [part for part in (wanted, found) if part is not None]
        if any(part.kind not in only_indexes for part in told):
            return ()
        if any(not (part.drop if part is found else part.create) for part in told):
            return ()
        return (*(found.drop if found else ()), *(wanted.create if wanted else ()))

    def _remake(self, expected: Table, live: Table) -> tuple[str, ...]:
        new = f"new__{expected.name}"
        had = {part.key.lower() for part in live.parts if part.kind is Kind.COLUMN}
        kept = [
            self.quote(part.key)
            for part in expected.parts
            if part.kind is Kind.COLUMN
            and part.key.lower() in had
            and "GENERATED ALWAYS" not in part.definition
        ]
        first, *indexes = expected.create
        body = first.partition("(")[2]
        columns = ", ".join(kept)
        copy = (
            f"INSERT INTO {self.quote(new)} ({columns}) "
            f"SELECT {columns} FROM {self.quote(expected.name)}"
        )
        return (
            "PRAGMA foreign_keys = OFF",
            f"CREATE TABLE {self.quote(new)} ({body}",
            copy,
            f"DROP TABLE {self.quote(expected.name)}",
            f"ALTER TABLE {self.quote(new)} RENAME TO {self.quote(expected.name)}",
            *indexes,
            "PRAGMA foreign_keys = ON",
        )
