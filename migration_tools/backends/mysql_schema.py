"""MySQL and MariaDB: what hangs on tables, read from the catalogue and from its definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from migration_tools.backends.hanging import Act, Dependant, ForeignKey, Kind, Outcome
from migration_tools.columns import Column

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

FOREIGN_KEYS_QUERY = """
    SELECT TABLE_NAME, REFERENCED_TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_COLUMN_NAME
    FROM information_schema.KEY_COLUMN_USAGE
    WHERE REFERENCED_TABLE_NAME IS NOT NULL AND TABLE_SCHEMA = DATABASE()
      AND REFERENCED_TABLE_SCHEMA = DATABASE()
      AND (TABLE_NAME IN ({tables}) OR REFERENCED_TABLE_NAME IN ({tables}))
    ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION
"""
# Django itself leaves a default in a column of long text, bytes or JSON that it has added.
COLUMNS_QUERY = """
    SELECT TABLE_NAME, COLUMN_NAME, GENERATION_EXPRESSION,
        CASE WHEN DATA_TYPE NOT LIKE '%%text' AND DATA_TYPE NOT LIKE '%%blob'
            AND DATA_TYPE <> 'json' THEN COLUMN_DEFAULT END,
        COLUMN_COMMENT
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ({tables})
    ORDER BY TABLE_NAME, ORDINAL_POSITION
"""
CHECKS_QUERY = """
    SELECT constrained.TABLE_NAME, checked.CONSTRAINT_NAME, checked.CHECK_CLAUSE
    FROM information_schema.CHECK_CONSTRAINTS checked
    JOIN information_schema.TABLE_CONSTRAINTS constrained
      ON constrained.CONSTRAINT_SCHEMA = checked.CONSTRAINT_SCHEMA
      AND constrained.CONSTRAINT_NAME = checked.CONSTRAINT_NAME {same_table}
    WHERE checked.CONSTRAINT_SCHEMA = DATABASE() AND constrained.TABLE_NAME IN ({tables})
      AND constrained.CONSTRAINT_TYPE = 'CHECK' {of_table}
"""
INDEXES_QUERY = """
    SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME FROM information_schema.STATISTICS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ({tables}) AND COLUMN_NAME IS NOT NULL
      AND INDEX_NAME <> 'PRIMARY'
    ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX
"""
TRIGGERS_QUERY = """
    SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME, ACTION_STATEMENT FROM information_schema.TRIGGERS
    WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE IN ({tables})
"""
VIEWS_QUERY = """
    SELECT DATABASE(), TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS
    WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME
"""
LONGEST_KEY = 3072
NAME = "`((?:[^`]|``)+)`"
TRIGGER_COLUMN = re.compile(r"\b(?:NEW|OLD)\s*\.\s*(?:`([^`]+)`|(\w+))", re.I)
BREAKS_VIEWS = (Act.DROP_TABLE, Act.DROP_COLUMN, Act.RENAME_TABLE, Act.RENAME_COLUMN)
OUTCOMES = {
    **{(act, Kind.VIEW): Outcome.BROKEN for act in BREAKS_VIEWS},
    **{(act, Kind.TRIGGER): Outcome.BROKEN for act in (Act.DROP_COLUMN, Act.RENAME_COLUMN)},
    (Act.DROP_TABLE, Kind.INCOMING_KEY): Outcome.REFUSED,
    (Act.DROP_COLUMN, Kind.INCOMING_KEY): Outcome.REFUSED,
    (Act.CHANGE_TYPE, Kind.INCOMING_KEY): Outcome.REFUSED,
    (Act.DROP_COLUMN, Kind.FOREIGN_KEY): Outcome.REFUSED,
    (Act.CHANGE_TYPE, Kind.FOREIGN_KEY): Outcome.REFUSED,
    (Act.DROP_COLUMN, Kind.GENERATED): Outcome.REFUSED,
    (Act.DROP_COLUMN, Kind.INDEX): Outcome.DROPPED,
    (Act.DROP_COLUMN, Kind.UNIQUE): Outcome.DROPPED,
    (Act.DROP_COLUMN, Kind.CHECK): Outcome.DROPPED,
    (Act.REDEFINE, Kind.DEFAULT): Outcome.DROPPED,
    (Act.REDEFINE, Kind.COMMENT): Outcome.DROPPED,
}


def outcome(act: Act, kind: Kind, *, shared: bool, is_mariadb: bool) -> Outcome | None:
    refuses = (Kind.CHECK, Kind.UNIQUE) if is_mariadb else (Kind.CHECK,)
    if act is Act.DROP_COLUMN and shared and kind in refuses:
        return Outcome.REFUSED
    if act is Act.DROP_COLUMN and shared and kind in (Kind.INDEX, Kind.UNIQUE):
        return Outcome.SHRUNK
    if act is Act.RENAME_COLUMN and kind in (Kind.CHECK, Kind.GENERATED) and not is_mariadb:
        return Outcome.REFUSED
    return OUTCOMES.get((act, kind))


def foreign_keys(connection: BaseDatabaseWrapper, tables: Sequence[str]) -> tuple[ForeignKey, ...]:
    found: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for table, referred, name, column, target in _rows(
        connection, FOREIGN_KEYS_QUERY, tables, twice=True
    ):
        found.setdefault((table, referred, name), []).append((column, target))
    return tuple(
        ForeignKey(
            table=table,
            columns=tuple(column for column, _ in parts),
            referred=referred,
            referred_columns=tuple(target for _, target in parts),
            name=name,
        )
        for (table, referred, name), parts in found.items()
    )


def dependants(
    connection: BaseDatabaseWrapper, tables: Sequence[str], *, is_mariadb: bool
) -> Iterator[Dependant]:
    """By the names of tables that the server uses."""
    for table, column, expression, default, comment in _rows(connection, COLUMNS_QUERY, tables):
        if expression:
            yield Dependant(
                kind=Kind.GENERATED, name=column, table=table, columns=_names(expression)
            )
        elif default not in (None, "NULL"):
            yield Dependant(kind=Kind.DEFAULT, name=str(default), table=table, columns=(column,))
        if comment:
            yield Dependant(kind=Kind.COMMENT, name=repr(comment), table=table, columns=(column,))
    query = CHECKS_QUERY.format(
        tables="{tables}",
        same_table="AND constrained.TABLE_NAME = checked.TABLE_NAME" if is_mariadb else "",
        # A check of a column is part of it there, and goes and is changed with it.
        of_table="AND checked.LEVEL = 'Table'" if is_mariadb else "",
    )
    for table, name, clause in _rows(connection, query, tables):
        yield Dependant(kind=Kind.CHECK, name=name, table=table, columns=_names(clause))
    yield from _indexes(connection, tables)
    for table, name, statement in _rows(connection, TRIGGERS_QUERY, tables):
        columns = {quoted or bare for quoted, bare in TRIGGER_COLUMN.findall(statement)}
        yield Dependant(kind=Kind.TRIGGER, name=name, table=table, columns=tuple(sorted(columns)))
    yield from _views(connection, tables)


def _indexes(connection: BaseDatabaseWrapper, tables: Sequence[str]) -> Iterator[Dependant]:
    found: dict[tuple[str, str, int], list[str]] = {}
    for table, name, non_unique, column in _rows(connection, INDEXES_QUERY, tables):
        found.setdefault((table, name, non_unique), []).append(column)
    for (table, name, non_unique), columns in found.items():
        kind = Kind.INDEX if non_unique else Kind.UNIQUE
        yield Dependant(kind=kind, name=name, table=table, columns=tuple(columns))


def _views(connection: BaseDatabaseWrapper, tables: Sequence[str]) -> Iterator[Dependant]:
    """The server writes a view's query out again, every name quoted and with its table."""
    with connection.cursor() as cursor:
        cursor.execute(VIEWS_QUERY)
        views = {name: (schema, text or "") for schema, name, text in cursor.fetchall()}
    for table in tables:
        reached = {table: None}
        for seen in reached_from(table, views):
            reached[seen] = None
        for name in list(reached)[1:]:
            schema, text = views[name]
            columns = _columns_in(text, schema, table)
            # A view upon a view: which column it is for is not followed.
            yield Dependant(kind=Kind.VIEW, name=name, table=table, columns=columns)


def reached_from(table: str, views: Mapping[str, tuple[str, str]]) -> list[str]:
    """The views over ``table``, and the views over these."""
    found: list[str] = []
    looking = [table]
    while looking:
        name = looking.pop()
        for view, (schema, text) in views.items():
            if view not in found and view != table and _table(schema, name) in text:
                found.append(view)
                looking.append(view)
    return found


def _table(schema: str, name: str) -> str:
    return f"`{schema}`.`{name}`"


def _columns_in(text: str, schema: str, table: str) -> tuple[str, ...]:
    """The columns of ``table`` that a view's query names, by the table or by its alias."""
    place = re.escape(_table(schema, table))
    aliases = {table} | set(re.findall(rf"{place} {NAME}", text))
    columns: set[str] = set()
    for alias in aliases:
        owner = rf"(?:`{re.escape(schema)}`\.)?`{re.escape(alias)}`"
        columns.update(re.findall(rf"{owner}\.{NAME}", text))
    return tuple(sorted(columns))


def refused_index(columns: Sequence[Column], *, unique: bool, strict: bool, widest: int) -> str:
    """As MySQL says it; the length of what is no text does not matter."""
    size = 0
    for column in columns:
        kind = (column.db_type or "").partition("(")[0].lower()
        if kind == "json":
            return "JSON cannot be indexed"
        if kind.endswith(("text", "blob")):
            return "text without a length cannot be indexed"
        letters = re.fullmatch(r"(?:var)?char\((\d+)\)", (column.db_type or "").lower())
        size += int(letters[1]) * widest if letters else 8
    # Without strict mode a long index that is not unique takes the beginning.
    if size > LONGEST_KEY and (unique or strict):
        return f"its key is of {size:,} bytes, and at most {LONGEST_KEY:,} are allowed"
    return ""


def _names(expression: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(NAME, expression)))


def _rows(
    connection: BaseDatabaseWrapper, query: str, tables: Sequence[str], *, twice: bool = False
) -> list[tuple[Any, ...]]:
    if not tables:
        return []
    marks = ", ".join(["%s"] * len(tables))
    with connection.cursor() as cursor:
        cursor.execute(query.format(tables=marks), [*tables, *(tables if twice else ())])
        return list(cursor.fetchall())
