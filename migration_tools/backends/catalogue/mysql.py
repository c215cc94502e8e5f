"""MySQL's and MariaDB's catalogue: SHOW CREATE TABLE, a line for each part."""

from __future__ import annotations

import re

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

TABLES_QUERY = """
    SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME
"""
TRIGGERS_QUERY = """
    SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS
    WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY TRIGGER_NAME
"""
NAME = r"`(?P<name>(?:[^`]|``)+)`"
COLUMN = re.compile(rf"{NAME} (?P<rest>.+)", re.S)
CONSTRAINT = re.compile(rf"CONSTRAINT {NAME} (?P<rest>(?P<kind>FOREIGN KEY|CHECK).+)", re.S)
KEY = re.compile(rf"(?P<kind>(?:(?:UNIQUE|FULLTEXT|SPATIAL) )?KEY) {NAME} (?P<rest>.+)", re.S)
#: MariaDB writes a check that came with its column behind it.
OWN_CHECK = re.compile(r"^(?P<column>.*?) (?P<check>CHECK \(.*\))$", re.S)
OPTIONS = re.compile(r"\s*AUTO_INCREMENT=\d+")
CHARSET = re.compile(r"(?:CHARSET|COLLATE)=\S+")
TEXT = re.compile(r"(?:var)?char\b|(?:tiny|medium|long)?text\b|enum\b|set\b")
COMMENT = re.compile(r"\s*COMMENT='(?:[^']|'')*'")


class MySQLCatalogue(Catalogue):
    def read(self) -> Schema:
        tables: list[Table] = []
        extras: list[Extra] = []
        for name, kind in self.rows(TABLES_QUERY):
            if is_own(str(name)):
                extras += archives(str(name), ())
            elif kind == "BASE TABLE":
                text = self.rows(f"SHOW CREATE TABLE {self.quote(str(name))}")[0][1]
                table, kept = self._table(str(name), str(text))
                tables.append(table)
                extras += kept
            else:
                extras.append(Extra(kind=str(kind).lower(), name=str(name)))
        for name, table in self.rows(TRIGGERS_QUERY):
            if not is_own(str(name)):
                extras.append(Extra(kind="trigger", name=f"{name} on {table}"))
        return Schema(tables=tuple(tables), extras=tuple(extras))

    def _table(self, name: str, text: str) -> tuple[Table, tuple[Extra, ...]]:
        # A line for a part, between the one with the table's name and the one with its options.
        first, *lines = text.split("\n  ")
        last, _, options = lines[-1].rpartition("\n)")
        lines[-1] = last
        parts = [part for line in lines for part in self._parts(name, line.removesuffix(","))]
        options = OPTIONS.sub("", options).strip()
        parts.append(self._options(name, options))
        inside = [line.removesuffix(",") for line in lines if " FOREIGN KEY (" not in line]
        body = ",\n  ".join(inside)
        table = Table(
            name=name,
            parts=of_the_project(parts),
            create=(f"{first}\n  {body}\n) {options}",),
        )
        return table, tuple(archives(name, parts))

    def _options(self, table: str, options: str) -> Part:
        change = options if COMMENT.search(options) else f"{options} COMMENT=''"
        return Part(
            kind=Kind.OPTION,
            key="options",
            definition=options,
            create=(f"ALTER TABLE {self.quote(table)} {change}",),
        )

    def _parts(self, table: str, line: str) -> list[Part]:
        head = f"ALTER TABLE {self.quote(table)}"
        if found := CONSTRAINT.fullmatch(line):
            return [self._constraint(head, found["kind"], found["name"], found["rest"])]
        if found := KEY.fullmatch(line):
            unique = found["kind"] == "UNIQUE KEY"
            definition = found["rest"] if unique else f"{found['kind']} {found['rest']}"
            return [
                Part(
                    kind=Kind.UNIQUE if unique else Kind.INDEX,
                    name=_plain(found["name"]),
                    definition=f"UNIQUE {definition}" if unique else definition,
                    create=(f"{head} ADD {line}",),
                    drop=(f"{head} DROP INDEX `{found['name']}`",),
                )
            ]
        if line.startswith("PRIMARY KEY"):
            return [
                Part(
                    kind=Kind.PRIMARY_KEY,
                    definition=line,
                    create=(f"{head} ADD {line}",),
                    drop=(f"{head} DROP PRIMARY KEY",),
                )
            ]
        return self._column(head, line)

    def _constraint(self, head: str, kind: str, name: str, rest: str) -> Part:
        is_key = kind == "FOREIGN KEY"
        what = "FOREIGN KEY" if is_key else "CONSTRAINT" if self.is_mariadb else "CHECK"
        return Part(
            kind=Kind.FOREIGN_KEY if is_key else Kind.CHECK,
            name=_plain(name),
            definition=rest,
            create=(f"{head} ADD CONSTRAINT `{name}` {rest}",),
            drop=(f"{head} DROP {what} `{name}`",),
        )

    @property
    def is_mariadb(self) -> bool:
        return bool(self.connection.mysql_is_mariadb)  # type: ignore[attr-defined]

    def _column(self, head: str, line: str) -> list[Part]:
        found = COLUMN.fullmatch(line)
        if found is None:  # a partition's line, a period of a versioned table
            return [Part(kind=Kind.OPTION, key=line, definition=line)]
        name, rest = found["name"], found["rest"]
        parts, check = [], ""
        if self.is_mariadb and (checked := OWN_CHECK.match(rest)) and " COMMENT " not in rest:
            rest, check = checked["column"], f" {checked['check']}"
            parts.append(
                Part(
                    kind=Kind.CHECK,
                    definition=checked["check"],
                    create=(f"{head} ADD {checked['check']}",),
                    drop=(f"{head} MODIFY COLUMN `{name}` {rest}",),
                )
            )
        column = Part(
            kind=Kind.COLUMN,
            key=_plain(name),
            name=_plain(name),
            definition=rest,
            create=(f"{head} ADD COLUMN `{name}` {rest}",),
            drop=(f"{head} DROP COLUMN `{name}`",),
            attributes=(("check", check),),
        )
        return [column, *parts]

    def mend_table(
        self, expected: Table, live: Table, changes: list[tuple[Part | None, Part | None]]
    ) -> list[tuple[str, ...]]:
        """A column that follows its table's character set keeps the old one, and says so then."""
        told = super().mend_table(expected, live, changes)
        had = {part.key: part for part in live.parts if part.kind is Kind.COLUMN}
        texts = [part for part in expected.parts if TEXT.match(part.definition)]
        for number, (wanted, found) in enumerate(changes):
            if wanted and found and _charset(wanted) != _charset(found):
                told[number] += tuple(
                    statement
                    for column in texts
                    if column.key in had
                    for statement in self.alter_column(expected, column, had[column.key])
                )
        return told

    def mend(self, table: Table, wanted: Part | None, found: Part | None) -> tuple[str, ...]:
        if wanted is not None and wanted.kind is Kind.OPTION:
            return wanted.create
        return super().mend(table, wanted, found)

    def alter_column(self, table: Table, wanted: Part, found: Part) -> tuple[str, ...]:
        """A check that came with the column would go with its old definition."""
        head = f"ALTER TABLE {self.quote(table.name)} MODIFY COLUMN"
        check = dict(found.attributes)["check"]
        return (f"{head} {self.quote(wanted.name)} {wanted.definition}{check}",)


def _charset(part: Part) -> list[str]:
    return CHARSET.findall(part.definition) if part.kind is Kind.OPTION else []


def _plain(name: str) -> str:
    return name.replace("``", "`")
