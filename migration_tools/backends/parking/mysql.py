"""MySQL and MariaDB: parked by INSTANT changes, each of which stands alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import DatabaseError

from migration_tools.backends import names
from migration_tools.backends.parking import mysql_facts as facts
from migration_tools.backends.parking.base import Execute, Parking, marker_name, numbered
from migration_tools.backends.parking.records import (
    CannotPark,
    Fill,
    Look,
    Name,
    OrphansFound,
    Parked,
    Part,
    PartKind,
    Statement,
)

#: The engine will not do it that way (MySQL's and MariaDB's, and MySQL's "too many row versions").
#: Anything else in between may have happened after the statement was carried out.
REFUSALS = frozenset({1845, 1846, 4092})
TABLE_THERE = """
    SELECT 1 FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = COALESCE(%s, DATABASE()) AND TABLE_NAME = %s
"""
COLUMN_THERE = """
    SELECT 1 FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = COALESCE(%s, DATABASE()) AND TABLE_NAME = %s AND COLUMN_NAME = %s
"""
INDEX_THERE = """
    SELECT 1 FROM information_schema.STATISTICS
    WHERE TABLE_SCHEMA = COALESCE(%s, DATABASE()) AND TABLE_NAME = %s AND INDEX_NAME = %s
"""
CONSTRAINT_THERE = """
    SELECT 1 FROM information_schema.TABLE_CONSTRAINTS
    WHERE TABLE_SCHEMA = COALESCE(%s, DATABASE()) AND TABLE_NAME = %s AND CONSTRAINT_NAME = %s
"""
HOME_QUERY = """
    SELECT TABLE_NAME FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = DATABASE() AND COLUMN_NAME = %s
"""
THERE = {
    Name.TABLE: TABLE_THERE,
    Name.COLUMN: COLUMN_THERE,
    Name.INDEX: INDEX_THERE,
    Name.CONSTRAINT: CONSTRAINT_THERE,
}


class MySQLParking(Parking):
    longest_name = 60
    counts_bytes = False

    # --- facts in ---------------------------------------------------------------------------

    def examine_table(self, number: int, table: str) -> Parked:
        shown = facts.table(self, self.plain_name(table))
        return Parked(
            number=number,
            table=table,
            parked_name=marker_name(number),
            parts=(*facts.keys_of_table(self, table), *self._named_checks(table, shown)),
        )

    def _named_checks(self, table: str, shown: facts.Shown) -> Iterator[Part]:
        """MySQL keeps their names in one list for all tables; its own follow the table's name."""
        if not self.is_mariadb:
            for name, line in shown.checks.items():
                if not facts.is_made_up(name, table):
                    yield self._constraint(table, name, line, PartKind.CONSTRAINT)

    def examine_column(self, number: int, table: str, column: str) -> Parked:
        shown = facts.table(self, self.plain_name(table))
        facts.require_instant(self, table, shown)
        found = facts.column(self, table, column)
        facts.require_room(self, table, found)
        parts = [
            *facts.keys_of_column(self, table, column),
            *(
                self._constraint(table, name, line, PartKind.CONSTRAINT)
                for name, line in shown.checks.items()
                if self.quote(column) in line
            ),
        ]
        indexes = list(facts.indexes_of(self, table, shown, found))
        for index in indexes:
            facts.require_other_index(self, table, index, column)
        kept = {index.name for index in indexes if index.is_harmless}
        return Parked(
            number=number,
            table=table,
            column=column,
            type=found.type,
            is_nullable=found.is_nullable,
            spare_default=facts.spare_default(self, found),
            marker=marker_name(number),
            parked_name=self.parked_column_name(number, column),
            parts=(
                *parts,
                *numbered(number, [i.part for i in indexes], lambda part: part.name in kept),
            ),
        )

    def _constraint(self, table: str, name: str, line: str, kind: PartKind) -> Part:
        quoted = self.quote(table)
        return Part(
            kind=kind, table=quoted, name=name, definition=f"ALTER TABLE {quoted} ADD {line}"
        )

    @property
    def is_mariadb(self) -> bool:
        return bool(self.connection.mysql_is_mariadb)  # type: ignore[attr-defined]

    def holds(self, look: Look) -> bool:
        table = look.table or self.quote(look.name)
        schema, plain = names.split(table, "`") or (None, look.name)
        parameters = [schema, plain]
        if look.kind is not Name.TABLE:
            parameters.append(look.name)
        return bool(self.rows(THERE[look.kind], *parameters)) == look.there

    def table_of(self, parked: Parked) -> str | None:
        found = self.rows(HOME_QUERY, parked.parked_name)
        return str(found[0][0]) if found else None

    def identity_of(self, table: str, column: str | None) -> tuple[int, ...]:
        return ()

    # --- statements out ---------------------------------------------------------------------

    def park_statements(self, parked: Parked) -> Iterator[Statement]:
        table = self.quote(parked.table)
        to_do = self._not_parked(parked)
        if parked.marker:  # it is what the engine may refuse, so it comes before all others
            yield Statement(
                sql=f"ALTER TABLE {table} ADD COLUMN {self.quote(parked.marker)} tinyint NULL "
                "DEFAULT 1, ALGORITHM=INSTANT",
                when=(*to_do, Look(kind=Name.COLUMN, table=table, name=parked.marker, there=False)),
            )
        for part in parked.dropped:
            yield self._drop(part, to_do)
        for part in parked.kept:
            yield self._rename(part, part.name, part.parked_name or "", to_do)
        parked_name = self.quote(parked.parked_name)
        if parked.column is None:
            yield Statement(sql=f"RENAME TABLE {table} TO {parked_name}", when=to_do)
            return
        column, marker = self.quote(parked.column), self.quote(parked.marker or "")
        if parked.spare_default is not None:
            yield Statement(
                sql=f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT "
                f"{parked.spare_default}, ALGORITHM=INSTANT",
                when=to_do,
            )
        # One statement, so that every row has been there before it or was born after it.
        yield Statement(
            sql=f"ALTER TABLE {table} RENAME COLUMN {column} TO {parked_name}, "
            f"ALTER COLUMN {marker} SET DEFAULT NULL, ALGORITHM=INSTANT",
            when=to_do,
        )

    def return_statements(
        self, parked: Parked, *, table: str | None = None, fill: Fill | None = None
    ) -> Iterator[Statement]:
        table = self.quote(table or parked.table)
        parked_name = self.quote(parked.parked_name)
        if parked.column is None:
            yield Statement(
                sql=f"RENAME TABLE {parked_name} TO {table}",
                when=(Look(kind=Name.TABLE, name=parked.parked_name),),
            )
            return
        column, marker = self.quote(parked.column), self.quote(parked.marker or "")
        quickly = f"ALTER TABLE {table} RENAME COLUMN {parked_name} TO {column}, "
        quickly += f"ALTER COLUMN {marker} SET DEFAULT 1"
        yield Statement(
            sql=f"{quickly}, ALGORITHM=INSTANT",
            otherwise=quickly,
            when=(Look(kind=Name.COLUMN, table=table, name=parked.parked_name),),
        )
        marked = Look(kind=Name.COLUMN, table=table, name=parked.marker or "")
        if fill is not None:
            yield self._fill(parked, table, fill, marked)
        if parked.spare_default is not None:
            yield Statement(
                sql=f"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT", when=(marked,)
            )
        for part in parked.kept:
            yield self._rename(part, part.parked_name or "", part.name, ())
        without = f"ALTER TABLE {table} DROP COLUMN {marker}"
        yield Statement(sql=f"{without}, ALGORITHM=INSTANT", otherwise=without, when=(marked,))

    def _fill(self, parked: Parked, table: str, fill: Fill, marked: Look) -> Statement:
        column = self.quote(parked.column or "")
        where = f"WHERE {self.quote(marked.name)} IS NULL"
        if fill.is_default:
            return Statement(sql=f"UPDATE {table} SET {column} = DEFAULT {where}", when=(marked,))
        sql = f"UPDATE {table} SET {column} = {{}} {where}".replace("%", "%%").format("%s")
        return Statement(sql=sql, parameters=(fill.value,), when=(marked,))

    def _not_parked(self, parked: Parked) -> tuple[Look, ...]:
        if parked.column is None:
            return (Look(kind=Name.TABLE, name=parked.parked_name, there=False),)
        table = self.quote(parked.table)
        return (Look(kind=Name.COLUMN, table=table, name=parked.parked_name, there=False),)

    def _drop(self, part: Part, to_do: tuple[Look, ...]) -> Statement:
        kind = Name.INDEX if part.kind is PartKind.INDEX else Name.CONSTRAINT
        what = {
            PartKind.INDEX: "INDEX",
            PartKind.FOREIGN_KEY: "FOREIGN KEY",
            PartKind.CONSTRAINT: "CONSTRAINT" if self.is_mariadb else "CHECK",
        }[part.kind]
        return Statement(
            sql=f"ALTER TABLE {part.table} DROP {what} {self.quote(part.name)}",
            when=(*to_do, Look(kind=kind, table=part.table, name=part.name)),
        )

    def _rename(self, part: Part, old: str, new: str, to_do: tuple[Look, ...]) -> Statement:
        return Statement(
            sql=f"ALTER TABLE {part.table} RENAME INDEX {self.quote(old)} TO {self.quote(new)}",
            when=(*to_do, Look(kind=Name.INDEX, table=part.table, name=old)),
        )

    def made_again(self, part: Part) -> Statement:
        kind = Name.INDEX if part.kind is PartKind.INDEX else Name.CONSTRAINT
        return Statement(
            sql=part.definition,
            when=(Look(kind=kind, table=part.table, name=part.name, there=False),),
            unchecked=part if part.kind is PartKind.FOREIGN_KEY else None,
        )

    def _orphans(
        self, child: str, parent: str, columns: Sequence[str], part: Part, extra: str = ""
    ) -> int:
        """Each key once first: the engine skips from one to the next over the key's index."""
        if len(columns) == 1 and not extra:
            mine, theirs = self.quote(columns[0]), self.quote(part.target_columns[0])
            query = (
                f"SELECT 1 FROM (SELECT DISTINCT {mine} FROM {child} WHERE {mine} IS NOT NULL) c "
                f"LEFT JOIN {parent} p ON c.{mine} = p.{theirs} WHERE p.{theirs} IS NULL LIMIT 1"
            )
            if not self.rows(query):
                return 0
        return super()._orphans(child, parent, columns, part, extra)

    # --- running ----------------------------------------------------------------------------

    def run_one(self, statement: Statement, execute: Execute) -> None:
        if statement.unchecked is not None:
            self._add_unchecked(statement, statement.unchecked, execute)
            return
        try:
            execute(statement.sql, statement.parameters)
        except DatabaseError as error:
            if not error.args or error.args[0] not in REFUSALS:
                raise
            if not statement.otherwise:
                raise CannotPark(
                    f"the database refuses to do it at once ({error.args[1]})"
                ) from error
            execute(statement.otherwise, statement.parameters)

    def _add_unchecked(self, statement: Statement, part: Part, execute: Execute) -> None:
        """Checked by the engine it would copy the table. From here on it checks new rows; those
        that are there are counted by us, and the key does not stay if one leads nowhere."""
        before = self.rows("SELECT @@SESSION.foreign_key_checks")[0][0]
        execute("SET foreign_key_checks = 0", None)
        try:
            execute(statement.sql, statement.parameters)
        finally:
            execute(f"SET foreign_key_checks = {int(before)}", None)
        orphans = self.orphans_of(part)
        if orphans:
            execute(self._drop(part, ()).sql, None)
            raise OrphansFound(part, orphans)
