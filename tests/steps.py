"""The engine as the judge of whole steps: what was foretold against what really happened.

A case is a schema, rows and one step. The plan for the step is assessed, then Django's own
`migrate` really takes the step, and takes it back. A foretold blocker must be a failed step; values
foretold to be lost must be the ones that did not come back; foretold fills are the NULLs that got a
value. ``codes`` says what else must be said, per engine, and nothing besides may be.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import django
from django.db import Error, connection, models
from django.db.migrations.operations.base import Operation

from tests.accuracy import count
from tests.helpers import Project, insert, plan, quote, sql, told
from tests.settings import ENGINE

#: A generated column made by hand: what is in it is computed.
DERIVED = "twice"
#: That a trigger is broken shows only when a row is written.
UNSEEN = {"broken_trigger"}
INVENTED, MADE_ANEW = "MT302", "MT309"
MISREAD = "MT301"  # judged value by value elsewhere

Rows = Mapping[str, list[Any]]
#: The same for every engine, or by its name in tests/settings.py, "" for all that are not named;
#: "postgresql, Django 5" where Django's versions differ.
PerEngine = Mapping[str, Sequence[str]] | Sequence[str]


@dataclass(frozen=True)
class Case:
    """``before``: operations of 0001, whose tables get ``rows`` (table -> column -> values).

    ``backwards``: the step is taken before there are rows, and taking it back is judged.
    ``by_hand``: statements of somebody who does not use Django, after the rows. ``codes``: of the
    findings that are no blockers. ``blocked``: codes of the blockers, where the case wants to say
    which; that they are right is for the engine to say.
    """

    before: list[Operation]
    step: list[Operation]
    rows: Mapping[str, Rows] = field(default_factory=dict)
    backwards: bool = False
    by_hand: PerEngine = ()
    codes: PerEngine = ()
    blocked: PerEngine | None = None
    only: tuple[str, ...] = ()
    #: A part of it cannot be seen through, so that nothing is said of what that does to the rows.
    opaque: bool = False
    #: The column by which rows are known again where ids change; unique, and not changed itself.
    by: str = "id"


def here(what: PerEngine) -> list[str]:
    if isinstance(what, Mapping):
        default = what.get(ENGINE, what.get("", ()))
        return list(what.get(f"{ENGINE}, Django {django.VERSION[0]}", default))
    return list(what)


def names(cases: Mapping[str, Case]) -> list[str]:
    """Of the cases for the engine under test."""
    return [name for name, case in cases.items() if not case.only or ENGINE in case.only]


def judge(project: Project, case: Case, name: str) -> Any:
    """Run the case and compare; returns the report, for a test that wants to say more."""
    project.migration("0001_initial", *case.before)
    project.migration("0002_step", *case.step)
    here_now, there = ("0002", "0001") if case.backwards else ("0001", "0002")
    with project.installed():
        project.migrate("shop", here_now)
        for table, rows in case.rows.items():
            insert(table, **rows)
        for statement in here(case.by_hand):
            sql(statement)
        before, around = stored(case.by), made_by_hand()
        count("whole steps", name, values=sum(map(len, before.values())))
        report = plan("shop", there)
        findings = told(report, "findings")
        blockers = [f for f in findings if f["severity"] == "blocker"]
        assert report["exact"] != case.opaque, report
        assert not [loss for loss in told(report, "losses") if loss["exactness"] != "exact"]
        others = sorted(
            f["code"] for f in findings if f["severity"] != "blocker" and f["code"] != MISREAD
        )
        assert others == sorted(here(case.codes)), findings
        failure = attempt(project, there)
        assert bool(blockers) == (failure is not None), (blockers, failure)
        if case.blocked is not None:
            assert sorted({f["code"] for f in blockers}) == sorted(here(case.blocked)), failure
        if failure is not None:
            return report
        taken = stored(case.by)
        assert fills(report) == filled(before, taken)
        compare_made_by_hand(around, made_by_hand(), findings)
        compare_invented(findings)
        back = attempt(project, here_now)
        # Where no way leads back, what is still there is not lost.
        lost = lost_values(before, taken if back is not None else stored(case.by))
        assert foretold(report) == lost, back
    return report


def attempt(project: Project, target: str) -> Exception | None:
    try:
        project.migrate("shop", target)
    except Exception as error:  # Django's own may be of any kind
        broken_transaction_closed()
        return error
    return None


def broken_transaction_closed() -> None:
    """On SQLite a violated key is found after the last statement, and leaves Django in its
    transaction."""
    if connection.in_atomic_block:
        connection.in_atomic_block = False
        connection.needs_rollback = False
        connection.savepoint_ids = []
        connection.atomic_blocks = []
        with contextlib.suppress(Error):
            connection.rollback()
        connection.set_autocommit(True)
        connection.enable_constraint_checking()


# --- what happened ----------------------------------------------------------------------------

Values = dict[tuple[str, str], dict[Any, Any]]


def stored(by: str = "id") -> Values:
    """(table, column) -> key of the row -> value, of the tables of the app."""
    found: Values = {}
    with connection.cursor() as cursor:
        tables = [
            table
            for table in connection.introspection.table_names(cursor)
            if table.startswith("shop_")
        ]
        columns = {
            table: [c.name for c in connection.introspection.get_table_description(cursor, table)]
            for table in tables
        }
    for table in tables:
        key = next((name for name in ("item_ptr_id", by, "id") if name in columns[table]), "")
        for name in columns[table]:
            if not key:  # a key of its own, or none: then the value is its name
                key = columns[table][0]
            if name == DERIVED:
                continue
            shown = f"{quote(key)}, {quote(name)}, {quote(name)} IS NULL"
            found[table, name] = {
                # A driver may read as None what is none (a day of zeros).
                row: "unreadable" if value is None and not is_null else value
                for row, value, is_null in sql(f"SELECT {shown} FROM {quote(table)}")
            }
    return found


Amounts = dict[tuple[str, str | None], int]


def lost_values(before: Values, after: Values) -> Amounts:
    """What is not there any more, counted as losses are: rows of a table, values of a column."""
    lost: Amounts = {}
    for (table, column), values in before.items():
        left = after.get((table, column), {})
        gone = [key for key in values if key not in left]
        if gone and len(gone) == len(values) and not _is_left(table, before, after):
            lost[table, None] = len(gone)
            continue
        changed = sum(value is not None and left.get(key) != value for key, value in values.items())
        if changed:
            lost[table, column] = changed
    return lost


def _is_left(table: str, before: Values, after: Values) -> bool:
    """Whether some column of the table still has a row of those that were there."""
    return any(
        before[name, column].keys() & values.keys()
        for (name, column), values in after.items()
        if name == table and (name, column) in before
    )


def filled(before: Values, after: Values) -> Amounts:
    """NULLs that have a value now, by the names of before; a renamed column is no fill."""
    found: Amounts = {}
    for place, values in before.items():
        now = after.get(place, {})
        amount = sum(value is None and now.get(key) is not None for key, value in values.items())
        if amount:
            found[place] = amount
    return found


TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "mysql": "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS "
    "WHERE TRIGGER_SCHEMA = DATABASE()",
}


def made_by_hand() -> dict[str, bool]:
    """Views and triggers, and of the views whether they can be read."""
    with connection.cursor() as cursor:
        listed = connection.introspection.get_table_list(cursor)
    found = {info.name: is_readable(info.name) for info in listed if info.type == "v"}
    return found | {name: True for (name,) in sql(TRIGGERS[connection.vendor])}


def compare_invented(findings: Any) -> None:
    """What every row got where no value was given, to the letter of the engine."""
    for found in findings:
        if found["code"] not in (INVENTED, MADE_ANEW):
            continue
        (said,) = re.findall(r"every row gets (.*) \(", found["message"])
        column, table = quote(found["column"]), quote(found["table"])
        # The name of the table may have changed since; the cases leave it.
        really = {value for (value,) in sql(f"SELECT CAST({column} AS CHAR) FROM {table}")}
        assert len(really) == 1, really
        assert _plain(said) == _plain(really.pop())


def _plain(value: str) -> float | str:
    """Without quotes; numbers by their value, and a date or a UUID of nothing but zeros as one."""
    if re.fullmatch(r"'?[0:. -]{8,}'?", value) or value == "a UUID of zeros":
        return "zeros"
    try:
        return float(value)
    except ValueError:
        return value.strip("'")


def is_readable(view: str) -> bool:
    try:
        sql(f"SELECT * FROM {quote(view)}")
    except Error:
        return False
    return True


def compare_made_by_hand(before: dict[str, bool], after: dict[str, bool], findings: Any) -> None:
    """What is gone or broken was foretold by its name, and nothing else."""
    gone = {name for name in before if name not in after}
    broken = {name for name, works in before.items() if works and not after.get(name, True)}
    for code, really in (("MT306", gone), ("MT307", broken)):
        messages = [found["message"] for found in findings if found["code"] == code]
        said = {name for name in before if any(quote(name) in text for text in messages)}
        assert said - UNSEEN == really, (code, messages)


# --- what was foretold ------------------------------------------------------------------------


def fills(report: Any) -> Amounts:
    return {
        (loss["table"], loss["column"]): loss["values"]
        for loss in told(report, "losses")
        if loss["kind"] == "fills"
    }


def foretold(report: Any) -> Amounts:
    """The losses; of a dropped column those values that its default is not."""
    found: Amounts = {}
    for loss in told(report, "losses"):
        if loss["kind"] == "fills":
            continue
        place = (loss["table"], loss["column"])
        if loss["kind"] == "table":
            amount = loss["rows"]
        else:
            amount = loss["values"] if loss["differing"] is None else loss["differing"]
        # A value can be lost at two steps; gone is gone.
        found[place] = max(amount, found.get(place, 0))
    return {place: amount for place, amount in found.items() if amount}


# --- what cases are made of -------------------------------------------------------------------


def integer(**options: Any) -> models.Field[Any, Any]:
    return models.IntegerField(**options)


def text(length: int = 20, **options: Any) -> models.Field[Any, Any]:
    return models.CharField(max_length=length, **options)


def ids(count: int) -> list[int]:
    return list(range(1, count + 1))


def rows_of(table: str, **columns: list[Any]) -> Mapping[str, Rows]:
    """Rows with the ids 1, 2, ..."""
    count = len(next(iter(columns.values())))
    return {table: {"id": ids(count), **columns}}
