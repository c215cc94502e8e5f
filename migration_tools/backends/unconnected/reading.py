"""What the statements of Django's schema editors do, carried out on a Memory."""

from __future__ import annotations

import re

from migration_tools.backends.catalogue.parts import Kind
from migration_tools.backends.unconnected.memory import Column, Constraint, Memory, MemoryTable
from migration_tools.backends.unconnected.text import Unread, Words, names_in, split, tokens_of

#: Words with which something other than a type or a value goes on in the SQL of a column.
STOPS = frozenset(
    (
        *("COLLATE", "DEFAULT", "GENERATED", "NOT", "NULL", "PRIMARY", "UNIQUE", "CHECK"),
        *("COMMENT", "CONSTRAINT", "AUTO_INCREMENT", "REFERENCES", "USING"),
        *("TABLESPACE", "STORAGE"),
    )
)
#: Rows are not kept, sessions are over at once, and these are no tables.
HARMLESS = re.compile(
    r"(SELECT|SHOW|SET|INSERT|UPDATE|DELETE|REPLACE|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|ANALYZE"
    r"|((CREATE|DROP) (EXTENSION|COLLATION)|(ALTER|DROP) SEQUENCE))\b"
)
EXCERPT = 60
AS = {"STORED": "STORED", "PERSISTENT": "STORED", "VIRTUAL": "VIRTUAL"}


class Reader:
    """What the dialects share; each says how its engine names and what it does by itself."""

    #: In a text between quotes, a backslash takes the next letter with it.
    escapes = True

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def read(self, sql: str) -> None:
        for tokens in split(tokens_of(sql, escapes=self.escapes), ";"):
            text = "".join(tokens).strip()
            if not text or HARMLESS.match(" ".join(text.split()).upper()):
                continue
            try:
                self._statement(Words(tokens))
            except (Unread, KeyError):
                self.memory.unread.append(" ".join(text.split())[:EXCERPT])

    def _statement(self, words: Words) -> None:
        if words.accept("CREATE", "TABLE"):
            words.accept("IF", "NOT", "EXISTS")
            self._create_table(words)
        elif words.accept("DROP", "TABLE"):
            words.accept("IF", "EXISTS")
            self.memory.drop_table(words.name())
        elif words.accept("ALTER", "TABLE"):
            altered = self.memory.tables[words.name()]
            for change in split(words.tokens[words.at :], ","):
                self._alter(altered, Words(change))
        elif words.accept("RENAME", "TABLE"):
            old = words.name()
            self._to(words)
            self.rename_table(old, words.name())
        elif words.accept("CREATE", "UNIQUE", "INDEX"):
            self._create_index(words, unique=True)
        elif words.accept("CREATE", "INDEX"):
            self._create_index(words, unique=False)
        elif words.accept("DROP", "INDEX"):
            words.accept("CONCURRENTLY")
            words.accept("IF", "EXISTS")
            name = words.name()
            table = self.memory.tables[words.name()] if words.accept("ON") else None
            self._drop(table or self.memory.owner_of(name), name)
        else:
            self.other(words)

    def other(self, words: Words) -> None:
        raise Unread(words.peek())

    def _to(self, words: Words) -> None:
        if not words.accept("TO"):
            raise Unread(words.peek())

    # --- tables -----------------------------------------------------------------------------

    def _create_table(self, words: Words) -> None:
        name = words.name()
        if name in self.memory.tables:
            return
        table = self.memory.tables[name] = MemoryTable(name=name)
        inside = tokens_of(words.group(), escapes=self.escapes)
        for piece in split(inside, ","):
            part = Words(piece)
            if part.peek().upper() in ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK"):
                self._constraint(table, part)
            else:
                self._column(table, part)
        if words.accept("COMMENT"):
            words.accept("=")
            table.comment = words.next()

    def rename_table(self, old: str, new: str) -> None:
        self.memory.rename_table(old, new)

    def _alter(self, table: MemoryTable, words: Words) -> None:
        if words.accept("ADD", "COLUMN"):
            self._column(table, words)
        elif words.accept("ADD"):
            self._constraint(table, words)
        elif words.accept("DROP"):
            self._drop_part(table, words)
        elif words.accept("RENAME"):
            self._rename_part(table, words)
        elif words.accept("ALTER", "COLUMN"):
            self._alter_column(table.columns[words.name()], words)
        elif not words.accept("VALIDATE"):
            self.other_change(table, words)

    def _drop_part(self, table: MemoryTable, words: Words) -> None:
        if words.accept("PRIMARY", "KEY"):
            primary = table.first(Kind.PRIMARY_KEY)
            self._drop(table, primary.name if primary else "")
            return
        is_column = words.accept("COLUMN")
        for what in (["CONSTRAINT"], ["CHECK"], ["INDEX"], ["FOREIGN", "KEY"], ["IF", "EXISTS"]):
            words.accept(*what)
        (self.drop_column if is_column else self.drop_constraint)(table, words.name())

    def _rename_part(self, table: MemoryTable, words: Words) -> None:
        if words.accept("TO"):
            self.rename_table(table.name, words.name())
            return
        is_column = words.accept("COLUMN")
        if not is_column and not words.accept("INDEX") and not words.accept("CONSTRAINT"):
            raise Unread(words.peek())
        old = words.name()
        self._to(words)
        rename = self.memory.rename_column if is_column else self.memory.rename_constraint
        rename(table, old, words.name())

    def other_change(self, table: MemoryTable, words: Words) -> None:
        raise Unread(words.peek())

    # --- columns ----------------------------------------------------------------------------

    def _column(self, table: MemoryTable, words: Words) -> None:
        column = Column(name=words.name(), type=words.until(STOPS))
        table.columns[column.name] = column
        self._attributes(table, column, words)

    def _attributes(self, table: MemoryTable, column: Column, words: Words) -> None:
        while words.peek():
            if words.accept("NOT", "NULL"):
                column.null = False
            elif words.accept("NULL"):
                column.null = True
            elif words.accept("COLLATE"):
                column.collation = words.name()
            elif words.accept("DEFAULT"):
                column.default = words.until(STOPS)
            elif words.accept("AUTO_INCREMENT"):
                column.auto = True
            elif words.accept("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
                self.identity(table, column)
            elif words.accept("GENERATED", "ALWAYS", "AS"):
                expression = words.group()
                column.generated = f"({expression}) {AS[words.next().upper()]}"
            elif words.accept("COMMENT"):
                column.comment = words.next()
            else:
                self._attribute_constraint(table, column, words)

    def _attribute_constraint(self, table: MemoryTable, column: Column, words: Words) -> None:
        name = words.name() if words.accept("CONSTRAINT") else ""
        if words.accept("PRIMARY", "KEY"):
            column.null = False
            self._primary(table, name, [column.name])
        elif words.accept("UNIQUE"):
            name = name or self.unique_name(table, column.name)
            self.add(table, self._unique(name, [column.name], self._list([column.name])))
        elif words.accept("CHECK"):
            self.column_check(table, column, words.group())
        elif words.accept("REFERENCES"):
            self._foreign(table, name, [column.name], words)
        elif words.accept("TABLESPACE") or words.accept("STORAGE"):
            words.next()
        else:
            raise Unread(words.peek())

    def _alter_column(self, column: Column, words: Words) -> None:
        if words.accept("TYPE"):
            column.type, column.collation = words.until(STOPS), ""
            if words.accept("COLLATE"):
                column.collation = words.name()
        elif words.accept("SET", "NOT", "NULL"):
            column.null = False
        elif words.accept("DROP", "NOT", "NULL"):
            column.null = True
        elif words.accept("SET", "DEFAULT"):
            column.default = words.rest()
        elif words.accept("DROP", "DEFAULT"):
            column.default = ""
        elif words.accept("DROP", "EXPRESSION"):
            column.generated = ""
        elif words.accept("ADD", "GENERATED"):
            table = next(t for t in self.memory.tables.values() if column in t.columns.values())
            self.identity(table, column)
        elif words.accept("DROP", "IDENTITY"):
            column.auto, column.sequence = False, ""
        else:
            raise Unread(words.peek())

    def identity(self, table: MemoryTable, column: Column) -> None:
        column.auto = True

    def column_check(self, table: MemoryTable, column: Column, expression: str) -> None:
        raise NotImplementedError

    def drop_column(self, table: MemoryTable, name: str) -> None:
        del table.columns[name]
        for constraint in list(table.constraints.values()):
            if name in constraint.columns:
                del table.constraints[constraint.name]

    # --- constraints and indexes ------------------------------------------------------------

    def _constraint(self, table: MemoryTable, words: Words) -> None:
        name = words.name() if words.accept("CONSTRAINT") else ""
        if words.accept("PRIMARY", "KEY"):
            self._primary(table, name, names_in(words.group()))
        elif words.accept("UNIQUE"):
            before = words.until(frozenset("("))
            listed = words.group()
            text = f"{before} ({listed}) {words.rest()}".strip()
            self.add(table, self._unique(name, names_in(listed), text))
        elif words.accept("CHECK"):
            expression = words.group()
            check = Constraint(
                name=name, kind=Kind.CHECK, columns=names_in(expression), text=expression
            )
            self.add(table, check)
        elif words.accept("FOREIGN", "KEY"):
            columns = names_in(words.group())
            if not words.accept("REFERENCES"):
                raise Unread(words.peek())
            self._foreign(table, name, columns, words)
        elif words.accept("EXCLUDE"):
            text = words.rest()
            told = Constraint(name=name, kind=Kind.EXCLUSION, columns=names_in(text), text=text)
            self.add(table, told)
        else:
            raise Unread(words.peek())

    def _primary(self, table: MemoryTable, name: str, columns: list[str]) -> None:
        for column in columns:
            table.columns[column].null = False
        name = self.primary_name(table, name)
        told = Constraint(name=name, kind=Kind.PRIMARY_KEY, columns=columns, unique=True)
        told.text = self._list(columns)
        self.add(table, told)

    def _unique(self, name: str, columns: list[str], text: str) -> Constraint:
        return Constraint(name=name, kind=Kind.UNIQUE, columns=columns, text=text, unique=True)

    def _foreign(self, table: MemoryTable, name: str, columns: list[str], words: Words) -> None:
        target, to = words.name(), names_in(words.group())
        key = Constraint(name=name, kind=Kind.FOREIGN_KEY, columns=columns, text=words.rest())
        key.target, key.target_columns = target, to
        self.add(table, key)

    def _create_index(self, words: Words, *, unique: bool) -> None:
        words.accept("CONCURRENTLY")
        words.accept("IF", "NOT", "EXISTS")
        name = words.name()
        if not words.accept("ON"):
            raise Unread(words.peek())
        table = self.memory.tables[words.name()]
        start = words.at
        text = words.rest()
        words.at = start
        words.until(frozenset("("))
        listed = words.group()
        self.add(
            table,
            Constraint(
                name=name,
                kind=self.index_kind(unique),
                columns=names_in(listed),
                text=text,
                unique=unique,
                expressions="(" in listed,
            ),
        )

    def add(self, table: MemoryTable, constraint: Constraint) -> None:
        table.constraints[constraint.name] = constraint

    def drop_constraint(self, table: MemoryTable, name: str) -> None:
        self._drop(table, name)

    def _drop(self, table: MemoryTable | None, name: str) -> None:
        if table is not None:
            table.constraints.pop(name, None)

    def _list(self, columns: list[str]) -> str:
        return f"({', '.join(map(self.quote, columns))})"

    def quote(self, name: str) -> str:
        raise NotImplementedError

    def index_kind(self, unique: bool) -> Kind:
        return Kind.INDEX

    def primary_name(self, table: MemoryTable, name: str) -> str:
        raise NotImplementedError

    def unique_name(self, table: MemoryTable, column: str) -> str:
        raise NotImplementedError
