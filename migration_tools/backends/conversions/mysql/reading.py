"""MySQL and MariaDB: text that is read as numbers, days, times and JSON.

Text in the form that the engine itself writes is judged to the value. What else a server makes a
number or a day of is its own secret, and different from version to version.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from migration_tools.backends.base import Obstacle
from migration_tools.backends.conversions.mysql.numbers import misread_boolean
from migration_tools.backends.conversions.mysql.shared import (
    GREATEST_SIGNED,
    NUMBERS,
    TIMES,
    WHOLE,
    differ,
    hesitate,
    misread_time,
    rules,
    soften,
    text_of,
    written_back,
)
from migration_tools.backends.conversions.rules import Change, Verdict, keep_in_range
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.mysql import MySQLBackend

# No backslash in a pattern: whether it escapes in a literal is a matter of sql_mode.
BLANK = "[ \t\n\v\f\r]*"
MARIADB_NUMBER = f"^{BLANK}[-+]?[0-9]+{BLANK}$"
NUMBER = f"[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]*)?{BLANK}$"
MYSQL_NUMBER = f"^{BLANK}{NUMBER}"
MYSQL_INTEGER = f"^[ \t]*{NUMBER}"  # whatever else is blank before it, is not read over
PLAIN_NUMBER = "^ *[-+]?([0-9]{1,30}([.][0-9]{0,20})?|[.][0-9]{1,20})([eE][-+]?[0-9])? *$"
BEGUN_NUMBER = f"^{BLANK}[-+]?[.]?[0-9]"  # of long text, MySQL may leave the rest unread
DAY = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?"
SPAN = "-?[0-9]{2}:[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?"
SECRET = "of which the engine may make {}, or refuse them"
READ = (Family.TEXT, Family.ADDRESS, Family.BINARY, Family.JSON)


@rules.rule((Family.TEXT, Family.ADDRESS, Family.UUID, Family.BINARY), Family.JSON)
def text_to_json(change: Change[MySQLBackend]) -> Verdict:
    """MariaDB keeps the text and checks it; MySQL stores it parsed and writes it anew."""
    v, text = change.value, text_of(change)
    verdict = Verdict(value=text)
    if change.backend.is_mariadb:
        verdict.block(f"NOT JSON_VALID({text})", "are not JSON", Obstacle.NOT_CONVERTIBLE)
        return verdict
    if change.old.family is Family.BINARY:
        verdict.block(f"{v} IS NOT NULL", "are bytes, not text", Obstacle.NOT_CONVERTIBLE)
        return verdict
    verdict.block(f"NOT JSON_VALID({v})", "are not JSON", Obstacle.NOT_CONVERTIBLE)
    verdict.value = f"CAST({v} AS JSON)"
    verdict.lose(
        f"BINARY CAST(CAST({v} AS JSON) AS CHAR) <> BINARY {v}", "rewritten as normal JSON"
    )
    return verdict


@rules.rule((*NUMBERS, *TIMES), Family.JSON)
def value_to_json(change: Change[MySQLBackend]) -> Verdict:
    """A number is JSON; MySQL keeps it as a float unless it is whole. A day is none."""
    v, old, text = change.value, change.old, text_of(change)
    verdict = Verdict(value=text if change.backend.is_mariadb else f"CAST({text} AS JSON)")
    if old.family in TIMES:
        verdict = Verdict(value="NULL")
        verdict.block(f"{v} IS NOT NULL", "are not JSON", Obstacle.NOT_CONVERTIBLE)
    elif old.family is Family.DECIMAL and not change.backend.is_mariadb:
        lose_in_float(verdict, change)
    return verdict


def lose_in_float(verdict: Verdict, change: Change[MySQLBackend]) -> None:
    v, old = change.value, change.old
    kept = f"CAST({verdict.value} AS DOUBLE)"
    lost = f"CAST({kept} AS DECIMAL({old.digits}, {old.places})) <> {v}"
    if change.backend.is_strict:  # else what is rounded up to one digit more is clamped back
        lost = f"({lost} OR ABS({kept}) >= 1e{old.whole_digits})"
    if old.places == 0:
        # A whole number stays one; as one without a sign it is taken for a negative one.
        least, greatest = -GREATEST_SIGNED - 1, 2 * GREATEST_SIGNED + 1
        unsigned = f"{v} BETWEEN {GREATEST_SIGNED + 1} AND {greatest}"
        lost = f"({unsigned} OR {v} NOT BETWEEN {least} AND {greatest} AND {lost})"
    verdict.lose(lost, "rounded to a float")


@rules.rule(READ, WHOLE)
def text_to_integer(change: Change[MySQLBackend]) -> Verdict:
    """MySQL rounds half away from zero; MariaDB takes whole numbers only, or cuts the rest off."""
    v, new, mariadb = text_of(change), change.new, change.backend.is_mariadb
    form = MARIADB_NUMBER if mariadb else MYSQL_INTEGER
    number = f"ROUND(CAST({v} AS DECIMAL(65, 10)))"
    if mariadb:  # it reads through a bigint
        new = dataclasses.replace(new, high=min(new.high or 0, GREATEST_SIGNED))
    verdict = Verdict(value=number)
    verdict.block(f"{v} NOT REGEXP '{form}'", "cannot be read as numbers", Obstacle.NOT_CONVERTIBLE)
    keep_in_range(
        verdict,
        dataclasses.replace(change, new=new),
        below=lambda low: f"{number} < {low}",
        above=lambda high: f"{number} > {high}",
    )
    if change.old.family is not Family.TEXT or new.family is not Family.INTEGER:
        hesitate(verdict, change)
    start = f"REGEXP_SUBSTR({v}, '^{BLANK}[-+]?[0-9]+')"
    loose = f"CASE WHEN {v} REGEXP '^[ \t]*[\n\v\f\r]' THEN 0 ELSE {number} END"
    if mariadb:
        loose = f"CAST({start} AS DECIMAL(65, 0))"
    clamped = f"LEAST(GREATEST({loose}, {new.low}), {new.high})"
    soften(verdict, change, clamped, "read as far as they look like numbers")
    verdict.lose(differ(f"CAST({verdict.value} AS CHAR)", v), "rewritten as numbers")
    misread_boolean(verdict, change)
    return verdict


@rules.rule(READ, (Family.DECIMAL, Family.FLOAT))
def text_to_fraction(change: Change[MySQLBackend]) -> Verdict:
    v, new = text_of(change), change.new
    number = f"CAST({v} AS DECIMAL(65, 30))"
    result = f"CAST({number} AS DECIMAL({new.digits}, {new.places}))"
    if new.family is Family.FLOAT:
        result = f"CAST({v} AS DOUBLE)"
    verdict = Verdict(value=result)
    odd = f"{v} REGEXP '{MYSQL_NUMBER}' AND {v} NOT REGEXP '{PLAIN_NUMBER}'"
    if change.old.family is Family.JSON and not change.backend.is_mariadb:
        odd = f"({odd}) OR JSON_TYPE({change.value}) IN ('STRING', 'BOOLEAN')"
    elif change.old.length is None and not change.backend.is_mariadb:
        odd = f"{v} REGEXP '{BEGUN_NUMBER}' AND {v} NOT REGEXP '{PLAIN_NUMBER}'"
    verdict.doubt(odd, SECRET.format("numbers"))
    unreadable = f"{v} NOT REGEXP '{MYSQL_NUMBER}'"
    verdict.block(unreadable, "cannot be read as numbers", Obstacle.NOT_CONVERTIBLE)
    if new.family is Family.DECIMAL and new.whole_digits is not None:
        limit = 10**new.whole_digits
        verdict.block(
            f"ABS(ROUND({number}, {new.places})) >= {limit}",
            f"need more than {new.digits} digits, {new.places} of them decimal",
            Obstacle.OUT_OF_RANGE,
        )
    back = f"CAST({result} AS CHAR)"
    if change.old.family is Family.JSON and not change.backend.is_mariadb:
        back = f"CAST(CAST({back} AS JSON) AS CHAR)"
    verdict.lose(differ(written_back(change, back), v), "rewritten as numbers")
    return hesitate(verdict, change)


@rules.rule(READ, TIMES)
def text_to_time(change: Change[MySQLBackend]) -> Verdict:
    v, new = text_of(change), change.new.family
    words = {Family.DATE: "days", Family.DATETIME: "points in time", Family.TIME: "times"}[new]
    form = {
        Family.DATE: f"^{DAY}$",
        Family.DATETIME: f"^{DAY}([ T]{CLOCK})?$",
        Family.TIME: f"^{SPAN}$",
    }[new]
    result = {
        Family.DATE: f"CAST({v} AS DATE)",
        Family.DATETIME: f"CAST({v} AS DATETIME(6))",
        Family.TIME: f"CAST({v} AS TIME(6))",
    }[new]
    verdict = Verdict(value=result)
    # Without a digit there is nothing to read; MySQL reads the empty text as midnight, though.
    hopeless = f"{v} NOT REGEXP '[0-9]' AND TRIM({v}) <> ''"
    verdict.doubt(f"{v} NOT REGEXP '{form}' AND NOT ({hopeless})", SECRET.format(words))
    verdict.block(
        f"{v} IS NOT NULL AND ({hopeless} OR {result} IS NULL)",
        f"cannot be read as {words}",
        Obstacle.NOT_CONVERTIBLE,
    )
    lost = f"{v} IS NOT NULL" if change.old.family is Family.JSON else None
    verdict.lose(
        lost or differ(written_back(change, f"CAST({result} AS CHAR)"), v), f"rewritten as {words}"
    )
    misread_time(verdict, change)
    return hesitate(verdict, change)
