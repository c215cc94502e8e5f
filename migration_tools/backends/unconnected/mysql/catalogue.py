"""The tables that MySQL and MariaDB would have, as SHOW CREATE TABLE tells them.

Character set and collation of a table are its database's, and not known. Expressions are in
Django's words: how a server spells them takes its parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from migration_tools.backends.catalogue.base import Catalogue
from migration_tools.backends.catalogue.parts import Kind, Part, Schema, Table
from migration_tools.backends.unconnected.memory import Column, Constraint, MemoryTable
from migration_tools.backends.unconnected.text import split, tokens_of

NAMES = {"integer": "int", "bool": "tinyint(1)", "numeric": "decimal", "double precision": "double"}
WIDTHS = {"int": (11, 10), "bigint": (20, 20), "smallint": (6, 5), "tinyint": (4, 3)}
TYPE = re.compile(r"(?P<name>[a-z ]+?)\s*(?P<size>\([^)]*\))?\s*(?P<unsigned>unsigned)?", re.I)
CALL = re.compile(r"\b[A-Z_][A-Z_0-9]*(?=\()")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
BIT = re.compile(r"b'(\d)'")
NOW = re.compile(r"\(?CURRENT_TIMESTAMP(\(\d\))\)?", re.I)
#: Types of which MySQL leaves out that they default to NULL.
LARGE = re.compile(r"\w*(blob|text)\b")
BINARY = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


class UnconnectedCatalogue(Catalogue):
    is_mariadb = False

    def read(self) -> Schema:
        memory: Any = self.connection.memory  # type: ignore[attr-defined]
        self.unread = tuple(memory.unread)
        return Schema(tables=tuple(map(self._table, memory.tables.values())))

    def _table(self, table: MemoryTable) -> Table:
        comment = f" COMMENT={_text(table.comment)}" if table.comment else ""
        parts = [Part(kind=Kind.OPTION, key="options", definition=f"ENGINE=InnoDB{comment}")]
        for column in table.columns.values():
            definition = self._column(column)
            name = column.name
            parts.append(Part(kind=Kind.COLUMN, key=name, name=name, definition=definition))
            if column.check:
                told = f"CHECK ({_expression(column.check)})"
                parts.append(Part(kind=Kind.CHECK, definition=told))
        for constraint in table.constraints.values():
            parts += self._constraint(constraint)
        return Table(name=table.name, parts=tuple(parts))

    # --- columns ----------------------------------------------------------------------------

    def _column(self, column: Column) -> str:
        type_ = self._type(column.type)
        if self.is_mariadb and type_ == "json":
            type_ = f"longtext {BINARY}"
        collation = column.collation
        charset = collation.partition("_")[0]
        pieces = [
            type_,
            f"CHARACTER SET {charset} COLLATE {collation}" if collation else "",
            self._generated(column.generated) if column.generated else "",
            "" if column.null else "NOT NULL",
            self._default(column, type_),
            "AUTO_INCREMENT" if column.auto else "",
            f"COMMENT {_text(column.comment)}" if column.comment else "",
        ]
        return " ".join(piece for piece in pieces if piece)

    def _type(self, text: str) -> str:
        found = TYPE.fullmatch(text.strip())
        if found is None:
            return text
        name = found["name"].lower()
        name = NAMES.get(name, name)
        size = (found["size"] or "").replace(" ", "")
        if self.is_mariadb and not size and name in WIDTHS:
            size = f"({WIDTHS[name][bool(found['unsigned'])]})"
        return f"{name}{size}{' unsigned' if found['unsigned'] else ''}"

    def _generated(self, text: str) -> str:
        told = text if self.is_mariadb else _twice(text)
        return f"GENERATED ALWAYS AS {told}"

    def _default(self, column: Column, type_: str) -> str:
        if column.generated or column.auto:
            return ""
        text = column.default
        if not text:
            silent = not self.is_mariadb and LARGE.match(type_)
            return "DEFAULT NULL" if column.null and not silent else ""
        if found := BIT.fullmatch(text):
            text = found[1]
        if found := NOW.fullmatch(text):
            now = f"current_timestamp{found[1]}" if self.is_mariadb else f"(now{found[1]})"
            return f"DEFAULT {now}"
        if NUMBER.fullmatch(text) and not self.is_mariadb:
            return f"DEFAULT '{text}'"
        return f"DEFAULT {_text(text) if text.startswith(chr(39)) else text}"

    # --- constraints ------------------------------------------------------------------------

    def _constraint(self, constraint: Constraint) -> Iterator[Part]:
        name, kind, text = constraint.name, constraint.kind, constraint.text
        if kind is Kind.PRIMARY_KEY:
            yield Part(kind=kind, definition=f"PRIMARY KEY {_listed(text)}")
        elif kind is Kind.CHECK:
            told = _expression(_bare(text))
            told = told if self.is_mariadb else f"({told})"
            yield Part(kind=kind, name=name, definition=f"CHECK ({told})")
        elif kind is Kind.FOREIGN_KEY:
            own, other = _names(constraint.columns), _names(constraint.target_columns)
            told = f"FOREIGN KEY ({own}) REFERENCES {_quoted(constraint.target)} ({other})"
            yield Part(kind=kind, name=name, definition=f"{told} {text}".rstrip())
            if constraint.implicit:
                own = _names(constraint.columns, ",")
                yield Part(kind=Kind.INDEX, name=name, definition=f"KEY ({own})")
        else:
            word = "UNIQUE" if kind is Kind.UNIQUE else "KEY"
            yield Part(kind=kind, name=name, definition=f"{word} {_listed(text)}")


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _names(names: list[str], between: str = ", ") -> str:
    return between.join(map(_quoted, names))


def _listed(text: str) -> str:
    inside = tokens_of(text.strip())[1:-1]
    return f"({','.join(_expression(''.join(p).strip()) for p in split(inside, ','))})"


def _expression(text: str) -> str:
    return CALL.sub(lambda found: found[0].lower(), text)


def _bare(text: str) -> str:
    tokens = tokens_of(text.strip())
    depth = 0
    for end, token in enumerate(tokens):
        depth += (token == "(") - (token == ")")
        if depth == 0:
            whole = token == ")" and end == len(tokens) - 1
            return _bare("".join(tokens[1:end])) if whole else text.strip()
    return text.strip()


def _twice(text: str) -> str:
    """An expression, and how it is kept."""
    inside, _, kept = text.rpartition(" ")
    return f"(({_expression(_bare(inside))})) {kept}"


def _text(literal: str) -> str:
    """A quote is written twice there, where the driver puts a backslash before it."""
    return literal.replace("\\'", "''").replace('\\"', '"')
