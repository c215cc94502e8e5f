"""The query that a person would write for the counts of ``counted_project``, for each engine.

Plain tests, one scan, no care for what hardly ever happens: what ours is measured against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

DROPPED = ("code", "note", "price", "weight", "amount", "stock", "seen", "flag", "ratio", "kind")

# What is counted, by the names that the report has for it; "?" for counts that are zero here and
# so are in no report, but belong to the same questions: values out of range, not a number, or too
# long by blanks alone, which the engine cuts without a word.
CHANGED = {
    "sqlite": {
        "MT301 price": "price <> round(price, 2)",
        "MT301 weight": "weight <> CAST(weight AS INTEGER)",
        "MT301 seen": "length(seen) <> 10",
        "MT301 ratio": "ratio <> CAST(ratio AS INTEGER)",
        "fills stock": "stock IS NULL",
        "MT107 kind": "kind < 0",
    },
    "postgresql": {
        "MT105 code": "char_length(code) > 10",
        "? code blanks": "char_length(code) > 10 AND rtrim(substr(code, 11)) = ''",
        "values note": "char_length(note) > 60",
        "values price": "price <> round(price, 2)",
        "values weight": "weight <> trunc(weight)",
        "? weight nan": "weight = 'NaN'",
        "? ratio nan": "ratio = 'NaN'",
        "? weight": "weight NOT BETWEEN -2147483648.5 AND 2147483647.5",
        "MT104 amount": "amount NOT BETWEEN -2147483648 AND 2147483647",
        "fills stock": "stock IS NULL",
        "values seen": "seen <> date_trunc('day', seen)",
        "values ratio": "ratio <> trunc(ratio)",
        "MT107 kind": "kind < 0",
    },
    "mysql": {
        "MT105 code": "CHAR_LENGTH(code) > 10",
        "MT105 note": "CHAR_LENGTH(note) > 60",
        "? note blanks": "CHAR_LENGTH(note) > 60 AND RTRIM(SUBSTR(note, 61)) = ''",
        "values price": "price <> ROUND(price, 2)",
        "values weight": "weight <> TRUNCATE(weight, 0)",
        "? weight": "weight NOT BETWEEN -2147483648.5 AND 2147483647.5",
        "MT104 amount": "amount NOT BETWEEN -2147483648 AND 2147483647",
        "fills stock": "stock IS NULL",
        "values seen": "seen <> DATE(seen)",
        "values ratio": "ratio <> TRUNCATE(ratio, 0)",
        "MT107 kind": "kind < 0",
    },
}


def query(vendor: str, migration: str, columns: list[str]) -> tuple[list[str], str]:
    """The names of the counts, and the one query that asks for them."""
    if migration == "0001":
        names = [f"column {column}" for column in DROPPED]
        counts = [f"COUNT({column})" for column in DROPPED]
    else:
        asked = {n: c for n, c in CHANGED[vendor].items() if n.split()[1] in columns}
        names, conditions = list(asked), asked.values()
        if vendor == "mysql":
            counts = [f"SUM({condition})" for condition in conditions]
        else:
            counts = [f"COUNT(*) FILTER (WHERE {condition})" for condition in conditions]
    return ["rows", *names], f"SELECT {', '.join(['COUNT(*)', *counts])} FROM counted_item"


def ask(connection: BaseDatabaseWrapper, migration: str, columns: list[str]) -> dict[str, int]:
    """The counts by name, from one query; of the changed columns only these."""
    names, sql = query(connection.vendor, migration, columns)
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(zip(names, map(int, cursor.fetchone()), strict=True))
