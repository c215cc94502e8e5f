"""SQLite: what a column stores of a value, by the affinity of its declared type."""

from __future__ import annotations

from migration_tools.columns import Column

#: Affinities of columns in which whatever looks like a number already is one.
NUMERIC = frozenset({"INTEGER", "REAL", "NUMERIC"})
#: These two store the same of any value.
WHOLE = frozenset({"INTEGER", "NUMERIC"})


def affinity(column: Column) -> str:
    """By the rules of https://sqlite.org/datatype3.html, in their order."""
    declared = str(column.db_type).upper()
    if "INT" in declared:
        return "INTEGER"
    if any(word in declared for word in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if "BLOB" in declared or not declared:
        return "BLOB"
    if any(word in declared for word in ("REAL", "FLOA", "DOUB")):
        return "REAL"
    return "NUMERIC"


def converted(v: str, affinity: str) -> str:
    """What a column of the affinity stores of ``v``, an expression without affinity."""
    if affinity == "BLOB":
        return v
    if affinity == "TEXT":
        return f"CASE WHEN typeof({v}) IN ('integer', 'real') THEN CAST({v} AS TEXT) ELSE {v} END"
    # Beside a numeric operand a text that looks like a number is compared as one.
    number = f"CAST({v} AS NUMERIC)"
    if affinity == "REAL":
        return f"CASE WHEN {number} = {v} THEN CAST({v} AS REAL) ELSE {v} END"
    whole = f"CAST({number} AS INTEGER)"
    return (
        f"CASE WHEN {number} = {v} THEN"
        f" CASE WHEN {whole} = {number} AND {number} > -{2**63}.0 THEN {whole} ELSE {number} END"
        f" ELSE {v} END"
    )


def stays_real(v: str) -> str:
    """Whether a column of integers keeps ``v``, a float, as it is."""
    return f"({v} <> CAST({v} AS INTEGER) OR {v} <= -{2**63}.0)"
