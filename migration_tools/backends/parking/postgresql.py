"""PostgreSQL: parked by renaming, in the transaction of the step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from migration_tools.backends.parking.base import Execute, Parking, marker_name, numbered
from migration_tools.backends.parking.records import (
    CannotPark,
    Fill,
    Look,
    Name,
    Parked,
    Part,
    PartKind,
    Statement,
)

TABLE_QUERY = """
    SELECT c.oid::bigint, c.relkind = 'r' AND NOT c.relispartition AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)
    ), (
        SELECT min(p.pubname) FROM pg_catalog.pg_publication_tables p
        WHERE p.tablename = c.relname AND p.schemaname = c.relnamespace::regnamespace::text
    )
    FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(%s)
"""
COLUMN_QUERY = """
    SELECT a.attnum, a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity::text,
        a.attgenerated::text, format_type(a.atttypid, a.atttypmod), t.typtype = 'd',
        EXISTS (
            SELECT FROM pg_catalog.pg_constraint k
            WHERE k.conrelid = a.attrelid AND k.contype = 'p' AND a.attnum = ANY (k.conkey)
        )
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = %s AND a.attname = %s AND NOT a.attisdropped
"""
# Keys onto the table or column of a partition are of its parent's; those follow by themselves.
CONSTRAINTS_QUERY = """
    SELECT {child}, quote_ident(k.conname), k.conname, k.contype::text,
        pg_get_constraintdef(k.oid), k.conrelid = k.confrelid, coalesce({parent}, ''),
        {own}, {others}
    FROM pg_catalog.pg_constraint k
    WHERE k.conparentid = 0 AND k.contype = ANY (%s) AND {touches}
    ORDER BY k.contype = 'f' DESC, k.conname
"""
# As Django quotes it; its schema is said where it has to be.
QUOTED = """(
            SELECT CASE WHEN pg_table_is_visible(c.oid) THEN ''
                ELSE '"' || replace(n.nspname, '"', '""') || '".' END
                || '"' || replace(c.relname, '"', '""') || '"'
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = k.{relation}
        )"""
COLUMNS_OF = """ARRAY(
            SELECT a.attname::text FROM unnest(k.{key}) WITH ORDINALITY AS x (number, place)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = k.{relation} AND a.attnum = x.number
            ORDER BY x.place
        )"""
OF_TABLE = "(k.conrelid = {oid} OR k.confrelid = {oid})"
OF_COLUMN = (
    "((k.conrelid = {oid} AND {number} = ANY (k.conkey))"
    " OR (k.confrelid = {oid} AND {number} = ANY (k.confkey)))"
)
# What an index's expressions and condition name is in pg_depend only. One that belongs to a
# constraint is named in pg_constraint.
INDEXES_QUERY = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid), k.conname IS NOT NULL,
        NOT i.indisunique OR (
            i.indnkeyatts = 1 AND i.indpred IS NULL AND i.indexprs IS NULL
            AND NOT {distinct_nulls}
        ),
        k.contype = 'x', coalesce(pg_get_constraintdef(k.oid), '')
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    LEFT JOIN pg_catalog.pg_constraint k
        ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
    WHERE i.indrelid = {oid} {of_column}
    ORDER BY c.relname
"""
OF_INDEXED_COLUMN = """AND (
    {number} = ANY (i.indkey::int2[]) OR EXISTS (
        SELECT FROM pg_catalog.pg_depend p
        WHERE p.classid = 'pg_class'::regclass AND p.objid = i.indexrelid
          AND p.refclassid = 'pg_class'::regclass
          AND p.refobjid = {oid} AND p.refobjsubid = {number}
    )
)"""
SEQUENCES_QUERY = """
    SELECT c.relname FROM pg_catalog.pg_depend p
    JOIN pg_catalog.pg_class c ON c.oid = p.objid AND c.relkind = 'S'
    WHERE p.classid = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass
      AND p.refobjid = %s AND p.deptype IN ('a', 'i')
    ORDER BY c.relname
"""
COLUMN_THERE = """
    SELECT 1 FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass(%s) AND attname = %s AND NOT attisdropped
"""
CONSTRAINT_THERE = """
    SELECT 1 FROM pg_catalog.pg_constraint WHERE conrelid = to_regclass(%s) AND conname = %s
"""
NUMBERED_QUERY = """
    SELECT attname, pg_get_serial_sequence(%s, attname) FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
      AND pg_get_serial_sequence(attrelid::regclass::text, attname) IS NOT NULL
"""
HOME_QUERY = """
    SELECT c.relname, a.attrelid = %s FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
    WHERE a.attname = %s AND NOT a.attisdropped AND pg_table_is_visible(c.oid)
    ORDER BY 2 DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    oid: int
    publication: str | None


class PostgreSQLParking(Parking):
    longest_name = 63

    # --- facts in ---------------------------------------------------------------------------

    def examine_table(self, number: int, table: str) -> Parked:
        found = self._table(table)
        keys = self._constraints(OF_TABLE.format(oid=found.oid), "f", self_too=False)
        names = [
            *(
                Part(kind=PartKind.INDEX, table=self.quote(table), name=row[0])
                for row in self._indexes(found.oid)
            ),
            *(
                Part(kind=PartKind.SEQUENCE, table=self.quote(table), name=name)
                for (name,) in self.rows(SEQUENCES_QUERY, found.oid)
            ),
        ]
        return Parked(
            number=number,
            table=table,
            parked_name=marker_name(number),
            parts=(*keys, *numbered(number, names, lambda part: True)),
            identity=(found.oid,),
        )

    def examine_column(self, number: int, table: str, column: str) -> Parked:
        found = self._table(table)
        if found.publication is not None:
            raise CannotPark(f"its table is published ({found.publication})")
        row = self.rows(COLUMN_QUERY, found.oid, column)
        if not row:
            raise CannotPark("it is not there")
        attnum, not_null, default, identity, generated, type_name, is_domain, is_key = row[0]
        for refused, reason in (
            (is_key, "it is of the primary key"),
            (generated, "it is generated"),
            (identity, "the database numbers it"),
            (is_domain, "its type has rules of its own"),
        ):
            if refused:
                raise CannotPark(reason)
        keys = self._constraints(OF_COLUMN.format(oid=found.oid, number=attnum), "fc")
        return Parked(
            number=number,
            table=table,
            column=column,
            type=type_name,
            is_nullable=not not_null,
            default=default,
            # Where NULL was forbidden, NULL says that a row was born since.
            marker=None if not_null else marker_name(number),
            parked_name=self.parked_column_name(number, column),
            parts=(*keys, *self._index_parts(number, table, found.oid, attnum)),
            identity=(found.oid, attnum),
        )

    def _table(self, table: str) -> _Table:
        rows = self.rows(TABLE_QUERY, self.quote(self.plain_name(table)))
        if not rows:
            raise CannotPark("it is not there")
        oid, is_plain, publication = rows[0]
        if not is_plain:
            raise CannotPark("it has partitions or is one, or inherits")
        return _Table(oid=oid, publication=publication)

    def _constraints(self, touches: str, kinds: str, *, self_too: bool = True) -> Iterator[Part]:
        query = CONSTRAINTS_QUERY.format(
            touches=touches,
            child=QUOTED.format(relation="conrelid"),
            parent=QUOTED.format(relation="confrelid"),
            own=COLUMNS_OF.format(key="conkey", relation="conrelid"),
            others=COLUMNS_OF.format(key="confkey", relation="confrelid"),
        )
        for table, quoted, name, kind, definition, is_self, target, columns, keys in self.rows(
            query, list(kinds)
        ):
            if self_too or not is_self:
                yield Part(
                    kind=PartKind.FOREIGN_KEY if kind == "f" else PartKind.CONSTRAINT,
                    table=table,
                    name=name,
                    definition=f"ALTER TABLE {table} ADD CONSTRAINT {quoted} {definition}",
                    columns=tuple(columns),
                    target=target,
                    target_columns=tuple(keys),
                )

    def _indexes(self, oid: int, attnum: int | None = None) -> list[tuple[Any, ...]]:
        of_column = "" if attnum is None else OF_INDEXED_COLUMN.format(oid=oid, number=attnum)
        version = self.connection.pg_version  # type: ignore[attr-defined]
        distinct = "i.indnullsnotdistinct" if version >= 150000 else "false"
        return self.rows(
            INDEXES_QUERY.format(oid=oid, of_column=of_column, distinct_nulls=distinct)
        )

    def _index_parts(self, number: int, table: str, oid: int, attnum: int) -> tuple[Part, ...]:
        """Kept as it is, unless it would refuse the second new row, which is NULL there as well."""
        parts, kept = [], set()
        for name, definition, is_constraint, is_harmless, excludes, constraint in self._indexes(
            oid, attnum
        ):
            if is_harmless and not excludes:
                kept.add(name)
            if is_constraint:
                quoted = self.quote(name)
                definition = f"ALTER TABLE {self.quote(table)} ADD CONSTRAINT {quoted} {constraint}"
            parts.append(
                Part(
                    kind=PartKind.CONSTRAINT if is_constraint else PartKind.INDEX,
                    table=self.quote(table),
                    name=name,
                    definition=definition,
                )
            )
        return numbered(number, parts, lambda part: part.name in kept)

    def holds(self, look: Look) -> bool:
        if look.kind is Name.COLUMN:
            found = self.rows(COLUMN_THERE, look.table, look.name)
        elif look.kind is Name.CONSTRAINT:
            found = self.rows(CONSTRAINT_THERE, look.table, look.name)
        else:
            found = self.rows("SELECT 1 WHERE to_regclass(%s) IS NOT NULL", self.quote(look.name))
        return bool(found) == look.there

    def reset_numbers(self, table: str) -> None:
        quoted = self.quote(table)
        for column, sequence in self.rows(NUMBERED_QUERY, quoted, quoted):
            name = self.quote(column)
            self.rows(
                f"SELECT setval(%s, coalesce(max({name}), 1), max({name}) IS NOT NULL) "
                f"FROM {quoted}".replace("%", "%%").replace("%%s", "%s"),
                sequence,
            )

    def table_of(self, parked: Parked) -> str | None:
        found = self.rows(HOME_QUERY, parked.identity[0], parked.parked_name)
        return found[0][0] if found else None

    def identity_of(self, table: str, column: str | None) -> tuple[int, ...]:
        found = self._table(table)
        if column is None:
            return (found.oid,)
        rows = self.rows(COLUMN_QUERY, found.oid, column)
        return (found.oid, rows[0][0]) if rows else (found.oid,)

    def run(self, statements: Iterable[Statement], execute: Execute | None = None) -> None:
        """All or nothing, also where the step has no transaction."""
        with transaction.atomic(using=self.connection.alias):
            super().run(statements, execute)

    # --- statements out ---------------------------------------------------------------------

    def park_statements(self, parked: Parked) -> Iterator[Statement]:
        table = self.quote(parked.table)
        to_do = self._not_parked(parked)
        yield Statement(sql=f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", when=to_do)
        # A deferred check that waits for the end of the transaction stands in the way.
        yield Statement(sql="SET CONSTRAINTS ALL IMMEDIATE", when=to_do)
        for part in parked.dropped:
            yield self._drop(part, to_do)
        for part in parked.kept:
            yield self._rename(part, part.name, part.parked_name or "", to_do)
        parked_name = self.quote(parked.parked_name)
        if parked.column is None:
            yield Statement(sql=f"ALTER TABLE {table} RENAME TO {parked_name}", when=to_do)
            return
        column = self.quote(parked.column)
        changes = []
        if not parked.is_nullable:
            changes.append(f"ALTER COLUMN {column} DROP NOT NULL")
        if parked.default is not None:
            changes.append(f"ALTER COLUMN {column} DROP DEFAULT")
        if parked.marker:
            changes.append(f"ADD COLUMN {self.quote(parked.marker)} boolean DEFAULT true")
        yield Statement(sql=f"ALTER TABLE {table} {', '.join(changes)}", when=to_do)
        if parked.marker:
            marker = self.quote(parked.marker)
            yield Statement(
                sql=f"ALTER TABLE {table} ALTER COLUMN {marker} DROP DEFAULT", when=to_do
            )
        yield Statement(
            sql=f"ALTER TABLE {table} RENAME COLUMN {column} TO {parked_name}", when=to_do
        )

    def return_statements(
        self, parked: Parked, *, table: str | None = None, fill: Fill | None = None
    ) -> Iterator[Statement]:
        name = table or parked.table
        table = self.quote(name)
        if parked.column is None:
            yield Statement(
                sql=f"ALTER TABLE {self.quote(parked.parked_name)} RENAME TO {table}",
                when=(Look(kind=Name.TABLE, name=parked.parked_name),),
            )
            for part in parked.kept:
                yield self._rename(part, part.parked_name or "", part.name, ())
            return
        to_do = (Look(kind=Name.COLUMN, table=table, name=parked.parked_name),)
        column = self.quote(parked.column)
        yield Statement(sql=f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield Statement(
            sql=f"ALTER TABLE {table} RENAME COLUMN {self.quote(parked.parked_name)} TO {column}",
            when=to_do,
        )
        if parked.default is not None:
            yield Statement(
                sql=f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {parked.default}"
            )
        if fill is not None:
            yield self._fill(parked, table, fill)
        yield Statement(sql="SET CONSTRAINTS ALL IMMEDIATE")
        if not parked.is_nullable:
            yield Statement(sql=f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
        for part in parked.kept:
            yield self._rename(part, part.parked_name or "", part.name, ())
        if parked.marker:
            yield Statement(
                sql=f"ALTER TABLE {table} DROP COLUMN {self.quote(parked.marker)}",
                when=(Look(kind=Name.COLUMN, table=table, name=parked.marker),),
            )

    def _fill(self, parked: Parked, table: str, fill: Fill) -> Statement:
        column, marker = self.quote(parked.column or ""), parked.marker or parked.column or ""
        where = f"WHERE {self.quote(marker)} IS NULL"
        when = (Look(kind=Name.COLUMN, table=table, name=marker),)
        if fill.is_default:
            return Statement(sql=f"UPDATE {table} SET {column} = DEFAULT {where}", when=when)
        sql = f"UPDATE {table} SET {column} = {{}} {where}".replace("%", "%%").format("%s")
        return Statement(sql=sql, parameters=(fill.value,), when=when)

    def _not_parked(self, parked: Parked) -> tuple[Look, ...]:
        if parked.column is None:
            return (Look(kind=Name.TABLE, name=parked.parked_name, there=False),)
        table = self.quote(parked.table)
        return (Look(kind=Name.COLUMN, table=table, name=parked.parked_name, there=False),)

    def _drop(self, part: Part, to_do: tuple[Look, ...]) -> Statement:
        name = self.quote(part.name)
        if part.kind is PartKind.INDEX:
            return Statement(
                sql=f"DROP INDEX {name}", when=(*to_do, Look(kind=Name.INDEX, name=part.name))
            )
        return Statement(
            sql=f"ALTER TABLE {part.table} DROP CONSTRAINT {name}",
            when=(*to_do, Look(kind=Name.CONSTRAINT, table=part.table, name=part.name)),
        )

    def _rename(self, part: Part, old: str, new: str, to_do: tuple[Look, ...]) -> Statement:
        """A constraint goes by the name of its index."""
        what = "SEQUENCE" if part.kind is PartKind.SEQUENCE else "INDEX"
        return Statement(
            sql=f"ALTER {what} {self.quote(old)} RENAME TO {self.quote(new)}",
            when=(*to_do, Look(kind=Name.INDEX, name=old)),
        )

    def made_again(self, part: Part) -> Statement:
        index = part.kind is PartKind.INDEX
        kind, table = (Name.INDEX, "") if index else (Name.CONSTRAINT, part.table)
        return Statement(
            sql=part.definition, when=(Look(kind=kind, table=table, name=part.name, there=False),)
        )
