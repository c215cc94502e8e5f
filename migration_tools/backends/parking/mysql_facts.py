"""MySQL and MariaDB: what has to be known of a table before it or a column of it is parked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migration_tools.backends.parking.records import CannotPark, Part, PartKind

if TYPE_CHECKING:
    from migration_tools.backends.parking.mysql import MySQLParking

TABLE_QUERY = """
    SELECT TABLE_TYPE, ENGINE, CREATE_OPTIONS FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s
"""
COLUMN_QUERY = """
    SELECT COLUMN_NAME, COLUMN_TYPE, DATA_TYPE, IS_NULLABLE = 'YES', COLUMN_DEFAULT, EXTRA,
        COALESCE(GENERATION_EXPRESSION, '') <> '', CHARACTER_OCTET_LENGTH, COLUMN_KEY = 'PRI'
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s
"""
KEYS_QUERY = """
    SELECT k.TABLE_NAME, k.CONSTRAINT_NAME,
        k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA = DATABASE(), k.REFERENCED_TABLE_SCHEMA,
        k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME
    FROM information_schema.KEY_COLUMN_USAGE k
    WHERE k.TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME IS NOT NULL AND (
        k.TABLE_NAME = %s
        OR (k.REFERENCED_TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME = %s)
    )
    ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION
"""
EXPRESSION = re.compile(r"[(,]\s*\(")
NAMED = re.compile(r"(?P<what>[A-Z ]*?)\s*`(?P<name>(?:[^`]|``)+)`\s*(?P<rest>.*)", re.DOTALL)

#: A row's declared length; long text and binary values lie elsewhere and count this much.
LONGEST_ROW = 65_535
FIXED = 32

NUMBERS = {"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double"}
TEXTS = {"tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob"}
SPARE = {
    **dict.fromkeys(NUMBERS, "0"),
    **dict.fromkeys(("char", "varchar", "binary", "varbinary"), "''"),
    "date": "'2000-01-01'",
    "datetime": "'2000-01-01 00:00:00'",
    "timestamp": "'2000-01-01 00:00:00'",
    "time": "'00:00:00'",
    "uuid": "'00000000-0000-0000-0000-000000000000'",
    "inet4": "'0.0.0.0'",
    "inet6": "'::'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """SHOW CREATE TABLE, a line for each name."""

    columns: Mapping[str, str]
    indexes: Mapping[str, str]
    keys: Mapping[str, str]
    checks: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    name: str
    type: str
    kind: str
    is_nullable: bool
    default: str | None
    length: int | None
    #: Its own line of SHOW CREATE TABLE.
    line: str

    @property
    def is_null_by_default(self) -> bool:
        return self.is_nullable and self.default in (None, "NULL")  # MariaDB shows the word


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    name: str
    part: Part
    columns: str
    is_harmless: bool


def table(parking: MySQLParking, name: str) -> Shown:
    rows = parking.rows(TABLE_QUERY, name)
    if not rows:
        raise CannotPark("it is not there")
    kind, engine, options = rows[0]
    if kind != "BASE TABLE" or engine != "InnoDB" or "partitioned" in (options or ""):
        raise CannotPark("its table is of a special kind")
    return shown(parking, name)


def require_instant(parking: MySQLParking, name: str, shown: Shown) -> None:
    """What is known to be refused is known before; the engine has the last word."""
    (row,) = parking.rows(TABLE_QUERY, name)
    compressed = "row_format=compressed" in (row[2] or "").lower()
    if compressed or any(line.startswith("FULLTEXT") for line in shown.indexes.values()):
        raise CannotPark("the database does not change such a table at once")


def shown(parking: MySQLParking, name: str) -> Shown:
    (row,) = parking.rows(f"SHOW CREATE TABLE {parking.quote(name)}")
    found: dict[str, dict[str, str]] = {"": {}, "KEY": {}, "FOREIGN": {}, "CHECK": {}}
    for line in str(row[1]).split("\n")[1:]:
        line = line.strip().removesuffix(",")
        parts = NAMED.fullmatch(line)
        if parts is None or not line.startswith(("`", "UNIQUE", "KEY", "FULL", "SPATIAL", "CON")):
            continue
        kind = parts["rest"].split(" ", 1)[0] if parts["what"] == "CONSTRAINT" else parts["what"]
        kind = "KEY" if kind.endswith("KEY") else kind
        found.setdefault(kind, {})[parts["name"].replace("``", "`")] = line
    return Shown(
        columns=found[""], indexes=found["KEY"], keys=found["FOREIGN"], checks=found["CHECK"]
    )


def is_made_up(check: str, table: str) -> bool:
    """Whether MySQL found this name itself; such a one is found anew when the table is renamed."""
    return re.fullmatch(rf"{re.escape(table)}_chk_\d+", check, re.IGNORECASE) is not None


# --- a column -----------------------------------------------------------------------------------


def column(parking: MySQLParking, table: str, name: str) -> Column:
    row = next((r for r in parking.rows(COLUMN_QUERY, table) if r[0] == name), None)
    if row is None:
        raise CannotPark("it is not there")
    _, type_name, kind, is_nullable, default, extra, is_generated, length, is_key = row
    for refused, reason in (
        (is_key, "it is of the primary key"),
        (is_generated, "it is generated"),
        ("auto_increment" in extra, "the database numbers it"),
        ("on update" in extra.lower(), "the database writes it by itself"),
    ):
        if refused:
            raise CannotPark(reason)
    return Column(
        name=name,
        type=str(type_name),
        kind=str(kind).lower(),
        is_nullable=bool(is_nullable),
        default=default,
        length=length,
        line=shown(parking, table).columns[name],
    )


def require_room(parking: MySQLParking, table: str, column: Column) -> None:
    """The same column must fit once more beside the parked one."""
    rows = parking.rows(COLUMN_QUERY, table)
    long = sum(declared_length(row[2].lower(), row[7]) for row in rows)
    if long + declared_length(column.kind, column.length) > LONGEST_ROW:
        raise CannotPark("a row would be too long with the column twice")


def declared_length(kind: str, length: int | None) -> int:
    return length + 2 if length is not None and kind not in TEXTS and kind != "json" else FIXED


def spare_default(parking: MySQLParking, column: Column) -> str | None:
    """NOT NULL cannot be taken away at once, so new rows need some value. None: no need."""
    if column.is_nullable or column.default is not None:
        return None
    if column.kind == "json":
        return "(json_array())"
    if column.kind in TEXTS:
        if "json_valid(" in column.line.lower():
            return "'{}'"
        return "''" if parking.is_mariadb else "(concat(''))"
    if column.kind not in SPARE:
        raise CannotPark(f"there is no value for new rows meanwhile ({column.kind})")
    return SPARE[column.kind]


# --- what hangs on it ---------------------------------------------------------------------------


def keys_of_table(parking: MySQLParking, table: str) -> Iterator[Part]:
    yield from _keys(parking, table)


def keys_of_column(parking: MySQLParking, table: str, column: str) -> Iterator[Part]:
    quoted = parking.quote(table)
    for part in _keys(parking, table):
        if (part.table == quoted and column in part.columns) or (
            part.target == quoted and column in part.target_columns
        ):
            yield part


def _keys(parking: MySQLParking, table: str) -> Iterator[Part]:
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for name, key, column, there, other, target, target_column in parking.rows(
        KEYS_QUERY, table, table
    ):
        child = parking.quote(name)
        parent = parking.quote(target)
        if not there:
            parent = f"{parking.quote(other)}.{parent}"
        found.setdefault((child, key), []).append((column, parent, target_column))
    lines: dict[str, Mapping[str, str]] = {}
    for (child, key), rows in found.items():
        if child not in lines:
            lines[child] = shown(parking, child).keys
        yield Part(
            kind=PartKind.FOREIGN_KEY,
            table=child,
            name=key,
            definition=f"ALTER TABLE {child} ADD {lines[child][key]}",
            columns=tuple(row[0] for row in rows),
            target=rows[0][1],
            target_columns=tuple(row[2] for row in rows),
        )


def indexes_of(parking: MySQLParking, table: str, shown: Shown, column: Column) -> Iterator[Index]:
    """Kept unless it would refuse the second new row, or names the column in an expression."""
    quoted = parking.quote(column.name)
    for name, line in shown.indexes.items():
        columns = line[line.index("(") :]
        if quoted not in columns:
            continue
        is_single = re.match(rf"\({re.escape(quoted)}(\(\d+\))?( DESC)?\)", columns) is not None
        harmless = not line.startswith("UNIQUE") or (is_single and column.is_null_by_default)
        yield Index(
            name=name,
            columns=columns,
            is_harmless=harmless and not EXPRESSION.search(columns),
            part=Part(
                kind=PartKind.INDEX,
                table=parking.quote(table),
                name=name,
                definition=f"ALTER TABLE {parking.quote(table)} ADD {line}",
            ),
        )


def require_other_index(parking: MySQLParking, table: str, index: Index, column: str) -> None:
    """An index that has to go must not be the one that a foreign key of another column uses."""
    if index.is_harmless:
        return
    for part in _keys(parking, table):
        first = part.columns[0] if part.table == parking.quote(table) else part.target_columns[0]
        if first != column and index.columns.startswith(f"({parking.quote(first)}"):
            raise CannotPark("an index on it serves a foreign key of another column")
