"""The query that a person would write for the counts of ``counted_project``, for each engine.

Plain tests, one scan, no care for what hardly ever happens: what ours is measured against. SQLite
columns may hold anything, so that there are two: "exact" asks what ours is asked, which values the
old field reads well and the new one does not; "plain" takes each value to be what the models say,
and is right as long as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

DROPPED = ("code", "note", "price", "weight", "amount", "stock", "seen", "flag", "ratio", "kind")

# What is counted, by the names that the report has for it; "?" for counts that are zero here and
# so are in no report, but belong to the same questions: values out of range, not a number, or too
# long by blanks alone, which the engine cuts without a word.
#: A float without its fraction, if it is below 2 ** 51: quicker than round().
SQLITE_ROUNDED = "+ 6755399441055744.0 - 6755399441055744.0"
CHANGED = {
    "sqlite exact": {
        # Up to the last bits, which are not shown by the 15 digits that Django reads.
        "MT301 price": "typeof(price) = 'real'"
        f" AND abs(price * 1e2 - (price * 1e2 {SQLITE_ROUNDED})) > 1e-3"
        f" AND abs(price * 1e4 - (price * 1e4 {SQLITE_ROUNDED})) < 1e-3"
        " AND price BETWEEN -1e8 AND 1e8",
        "MT301 weight": "typeof(weight) = 'real' AND weight <> CAST(weight AS INTEGER)",
        "MT301 seen": "length(seen) <> 10 AND datetime(seen, '+0 days') = substr(seen, 1, 19)"
        " AND (length(seen) = 19 OR substr(seen, 20) GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]')",
        "MT301 ratio": "typeof(ratio) = 'real'"
        f" AND abs(ratio * 1e3 - (ratio * 1e3 {SQLITE_ROUNDED})) < 1e-3"
        " AND ratio BETWEEN -1e5 AND 1e5",
        "fills stock": "stock IS NULL",
        "MT107 kind": "kind < 0",
    },
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


def query(vendor: str, migration: str, columns: list[str], *, exact: bool) -> tuple[list[str], str]:
    """The names of the counts, and the one query that asks for them."""
    if migration == "0001":
        names = [f"column {column}" for column in DROPPED]
        counts = [f"COUNT({column})" for column in DROPPED]
    else:
        conditions_of = CHANGED[f"{vendor} exact" if exact and vendor == "sqlite" else vendor]
        asked = {n: c for n, c in conditions_of.items() if n.split()[1] in columns}
        names, conditions = list(asked), asked.values()
        if vendor == "mysql":
            counts = [f"SUM({condition})" for condition in conditions]
        else:
            counts = [f"COUNT(*) FILTER (WHERE {condition})" for condition in conditions]
    return ["rows", *names], f"SELECT {', '.join(['COUNT(*)', *counts])} FROM counted_item"


def ask(
    connection: BaseDatabaseWrapper, migration: str, columns: list[str], *, exact: bool = True
) -> dict[str, int]:
    """The counts by name, from one query; of the changed columns only these."""
    names, sql = query(connection.vendor, migration, columns, exact=exact)
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(zip(names, map(int, cursor.fetchone()), strict=True))
