"""PostgreSQL: what hangs on tables, by the engine's own record of what depends on what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from migration_tools.backends.hanging import Act, Dependant, ForeignKey, Kind, Outcome

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# A name is as Django would spell it: bare where the search path finds it, else quoted whole.
KEYS_QUERY = """
    WITH asked AS (SELECT to_regclass(name) AS oid FROM unnest(%s::text[]) AS asked (name)),
    named AS (
        SELECT relation.oid, CASE WHEN pg_catalog.pg_table_is_visible(relation.oid)
            THEN relation.relname::text
            ELSE format('"%%s"."%%s"', namespace.nspname, relation.relname) END AS name
        FROM pg_catalog.pg_class relation
        JOIN pg_catalog.pg_namespace namespace ON namespace.oid = relation.relnamespace
    )
    SELECT child.name, parent.name, key.conname,
        ARRAY(SELECT attname::text FROM unnest(key.conkey) WITH ORDINALITY AS c (number, place)
              JOIN pg_catalog.pg_attribute ON attrelid = key.conrelid AND attnum = c.number
              ORDER BY c.place),
        ARRAY(SELECT attname::text FROM unnest(key.confkey) WITH ORDINALITY AS c (number, place)
              JOIN pg_catalog.pg_attribute ON attrelid = key.confrelid AND attnum = c.number
              ORDER BY c.place)
    FROM pg_catalog.pg_constraint key
    JOIN named child ON child.oid = key.conrelid
    JOIN named parent ON parent.oid = key.confrelid
    WHERE key.contype = 'f' AND key.conparentid = 0
      AND (key.conrelid IN (SELECT oid FROM asked) OR key.confrelid IN (SELECT oid FROM asked))
    ORDER BY 1, 3
"""
# Views upon views are dropped along as well, so the walk goes on from each view. A column of -1
# stands for the whole table.
DEPENDANTS_QUERY = """
    WITH RECURSIVE asked AS (
        SELECT number, to_regclass(name)::oid AS oid
        FROM unnest(%s::text[]) WITH ORDINALITY AS asked (name, number)
    ),
    hanging (number, root, classid, objid, column_number, relation) AS (
        SELECT asked.number, asked.oid, depend.classid, depend.objid, depend.refobjsubid,
            CASE WHEN rule.rulename = '_RETURN' THEN rule.ev_class END
        FROM asked
        JOIN pg_catalog.pg_depend depend ON depend.refobjid = asked.oid
            AND depend.refclassid = 'pg_catalog.pg_class'::regclass
        LEFT JOIN pg_catalog.pg_rewrite rule ON rule.oid = depend.objid
            AND depend.classid = 'pg_catalog.pg_rewrite'::regclass
        UNION
        SELECT hanging.number, hanging.root, depend.classid, depend.objid, hanging.column_number,
            rule.ev_class
        FROM hanging
        JOIN pg_catalog.pg_depend depend ON depend.refobjid = hanging.relation
            AND depend.refclassid = 'pg_catalog.pg_class'::regclass
        JOIN pg_catalog.pg_rewrite rule ON rule.oid = depend.objid
            AND depend.classid = 'pg_catalog.pg_rewrite'::regclass
            AND rule.rulename = '_RETURN' AND rule.ev_class <> hanging.relation
    )
    SELECT DISTINCT hanging.number, kind.name, kind.object, column_of.attname
    FROM hanging
    LEFT JOIN pg_catalog.pg_attribute column_of
        ON column_of.attrelid = hanging.root AND column_of.attnum = hanging.column_number
        AND hanging.column_number > 0
    CROSS JOIN LATERAL (
        SELECT 'view' AS name, relname::text AS object FROM pg_catalog.pg_class
            WHERE oid = hanging.relation
        UNION ALL SELECT 'rule', rulename FROM pg_catalog.pg_rewrite
            WHERE hanging.classid = 'pg_catalog.pg_rewrite'::regclass AND oid = hanging.objid
              AND rulename <> '_RETURN'
        UNION ALL SELECT 'trigger', tgname FROM pg_catalog.pg_trigger
            WHERE hanging.classid = 'pg_catalog.pg_trigger'::regclass AND oid = hanging.objid
              AND NOT tgisinternal
        UNION ALL SELECT 'policy', polname FROM pg_catalog.pg_policy
            WHERE hanging.classid = 'pg_catalog.pg_policy'::regclass AND oid = hanging.objid
        UNION ALL SELECT 'generated column', attname FROM pg_catalog.pg_attrdef default_of
            JOIN pg_catalog.pg_attribute ON attrelid = adrelid AND attnum = adnum
            WHERE hanging.classid = 'pg_catalog.pg_attrdef'::regclass
              AND default_of.oid = hanging.objid AND attgenerated <> ''
              AND adnum <> hanging.column_number
        UNION ALL SELECT 'check constraint', conname FROM pg_catalog.pg_constraint
            WHERE hanging.classid = 'pg_catalog.pg_constraint'::regclass
              AND oid = hanging.objid AND contype = 'c'
        UNION ALL SELECT 'unique constraint', conname FROM pg_catalog.pg_constraint
            WHERE hanging.classid = 'pg_catalog.pg_constraint'::regclass
              AND oid = hanging.objid AND contype = 'u'
        UNION ALL SELECT 'index', relname FROM pg_catalog.pg_class
            WHERE hanging.classid = 'pg_catalog.pg_class'::regclass
              AND oid = hanging.objid AND relkind IN ('i', 'I')
        UNION ALL SELECT '', 'table ' || relname FROM pg_catalog.pg_class
            JOIN pg_catalog.pg_inherits ON inhrelid = oid AND inhparent = hanging.root
            WHERE hanging.classid = 'pg_catalog.pg_class'::regclass
              AND oid = hanging.objid AND NOT relispartition
        UNION ALL SELECT '', pg_catalog.pg_describe_object(hanging.classid, hanging.objid, 0)
            WHERE hanging.classid = 'pg_catalog.pg_proc'::regclass
    ) kind
    ORDER BY 1, 2, 3, 4
"""
REFUSES = frozenset(
    {Kind.VIEW, Kind.RULE, Kind.TRIGGER, Kind.POLICY, Kind.GENERATED, Kind.INCOMING_KEY, Kind.OTHER}
)
OUTCOMES = {
    **{(Act.DROP_COLUMN, kind): Outcome.REFUSED for kind in REFUSES},
    **{(Act.CHANGE_TYPE, kind): Outcome.REFUSED for kind in REFUSES - {Kind.INCOMING_KEY}},
    **{
        (Act.DROP_TABLE, kind): Outcome.DROPPED
        for kind in (Kind.VIEW, Kind.INCOMING_KEY, Kind.OTHER)
    },
    **{
        (Act.DROP_COLUMN, kind): Outcome.DROPPED
        for kind in (Kind.INDEX, Kind.UNIQUE, Kind.CHECK, Kind.FOREIGN_KEY)
    },
}


def outcome(act: Act, kind: Kind, *, cascades: bool) -> Outcome | None:
    """``cascades``: Django's editor drops columns with CASCADE, as 5.2's does."""
    found = OUTCOMES.get((act, kind))
    if cascades and act is Act.DROP_COLUMN and found is Outcome.REFUSED:
        return Outcome.DROPPED
    return found


def foreign_keys(connection: BaseDatabaseWrapper, tables: Sequence[str]) -> tuple[ForeignKey, ...]:
    """``tables`` are quoted."""
    with connection.cursor() as cursor:
        cursor.execute(KEYS_QUERY, [list(tables)])
        return tuple(
            ForeignKey(
                table=table,
                columns=tuple(columns),
                referred=referred,
                referred_columns=tuple(referred_columns),
                name=name,
            )
            for table, referred, name, columns, referred_columns in cursor.fetchall()
        )


def dependants(
    connection: BaseDatabaseWrapper, tables: Sequence[str], quoted: Sequence[str]
) -> Iterator[Dependant]:
    found: dict[tuple[int, str, str], list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(DEPENDANTS_QUERY, [list(quoted)])
        for number, kind, name, column in cursor.fetchall():
            columns = found.setdefault((number, kind, name), [])
            if column is not None:
                columns.append(column)
    for (number, kind, name), columns in found.items():
        yield Dependant(
            kind=Kind(kind), name=name, table=tables[number - 1], columns=tuple(columns)
        )
