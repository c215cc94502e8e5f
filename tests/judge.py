"""The engine as the judge of a backend's predictions.

A case is an old field, a new field and rows. Its table is made as a migration makes it, the backend
is asked what AlterField will do to each row, and then the step and its inverse really run. Every
difference between what was said and what happened is an AssertionError that names the rows.
"""

from __future__ import annotations

import datetime
import decimal
import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import DatabaseError, connection, models
from django.db.migrations import AlterField, CreateModel
from django.db.migrations.state import ProjectState

from migration_tools.analysis.describing import describe, stored_field
from migration_tools.backends import for_connection
from migration_tools.backends.base import Conversion
from tests import accuracy

# The steps change tables, so no transaction can be around a test. Each drops its tables itself, and
# with no app named there is nothing to flush after it.
changes_tables = pytest.mark.django_db(transaction=True, available_apps=["migration_tools"])

APP, MODEL, TABLE = "judge", "Row", "judge_row"


@dataclass(frozen=True)
class Raw:
    """A value for the driver as it is, not one of the field's."""

    value: Any


@dataclass(frozen=True)
class Case:
    old: models.Field
    new: models.Field
    rows: tuple[Any, ...]
    #: Other models that must exist, for foreign keys.
    beside: tuple[CreateModel, ...] = ()
    #: What is expected of the backend: "" for a judgement, "unknown" or "impossible"; None for
    #: whichever of judgement and impossible the engine agrees to.
    answer: str | None = ""
    #: Why it is unknown, where it is not impossible, for docs/accuracy.md.
    known: str = ""
    name: str = ""

    def __str__(self) -> str:
        return self.name or f"{short(self.old)}->{short(self.new)}"


def case(old: models.Field, new: models.Field, *rows: Any, **more: Any) -> Case:
    return Case(old, new, rows, **more)


def short(field: models.Field) -> str:
    _, path, _, options = field.deconstruct()
    told = [
        str(options[name])
        for name in ("max_length", "max_digits", "decimal_places")
        if name in options
    ]
    if "to" in options:
        told.append(str(options["to"]))
    return path.rpartition(".")[2].removesuffix("Field") + (
        "(" + ",".join(told) + ")" if told else ""
    )


@dataclass(frozen=True)
class Prediction:
    """By the number of the row in the case."""

    conversion: Conversion
    blocked: frozenset[int] = frozenset()
    lost: frozenset[int] = frozenset()
    misread: frozenset[int] = frozenset()
    doubtful: frozenset[int] = frozenset()
    values: dict[int, Any] | None = None


@dataclass(frozen=True)
class Outcome:
    """What the engine did; ``after`` and ``read`` while the step is taken, ``back`` after it."""

    before: dict[int, Any]
    read_before: dict[int, Any]
    error: DatabaseError | None = None
    after: dict[int, Any] | None = None
    read: dict[int, Any] | None = None
    back_error: DatabaseError | None = None
    back: dict[int, Any] | None = None


class Court:
    """The tables of one case, and the runs on them."""

    def __init__(self, case: Case) -> None:
        self.case = case
        number = models.IntegerField(primary_key=not case.old.primary_key)
        create = CreateModel(MODEL, [("id", number), ("v", case.old)])
        self.creations = (*case.beside, create)
        self.step = AlterField(MODEL, "v", case.new)
        self.before = ProjectState()
        for creation in self.creations:
            creation.state_forwards(APP, self.before)
        self.after = self.before.clone()
        self.step.state_forwards(APP, self.after)
        self.old = self.before.apps.get_model(APP, MODEL)._meta.get_field("v")
        self.new = self.after.apps.get_model(APP, MODEL)._meta.get_field("v")

    def __enter__(self) -> Court:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def drop(self) -> None:
        """By hand, because a failed step leaves the table as it is on some engines."""
        quote = connection.ops.quote_name
        tables = [
            TABLE,
            *(f"{APP}_{creation.name.lower()}" for creation in reversed(self.case.beside)),
        ]
        with connection.constraint_checks_disabled(), connection.cursor() as cursor:
            for table in (*tables, f"new__{TABLE}"):
                cursor.execute(f"DROP TABLE IF EXISTS {quote(table)}")

    def build(self, rows: Iterable[int] = ()) -> None:
        self.drop()
        state = ProjectState()
        for creation in self.creations:
            before = state.clone()
            creation.state_forwards(APP, state)
            with connection.schema_editor() as editor:
                creation.database_forwards(APP, editor, before, state)
        self.fill(rows)

    def fill(self, rows: Iterable[int]) -> None:
        insert = f"INSERT INTO {TABLE} (id, {self.column(self.old)}) VALUES (%s, %s)"
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {TABLE}")
            for number in rows:
                cursor.execute(insert, [number, self.prepared(self.case.rows[number])])

    def column(self, field: models.Field) -> str:
        return str(connection.ops.quote_name(field.column))

    def prepared(self, value: Any) -> Any:
        if isinstance(value, Raw):
            return value.value
        return self.old.get_db_prep_save(value, connection=connection)

    def predict(self) -> Prediction:
        """The one place that asks: today the backend alone."""
        backend = for_connection(connection)
        old, new = (describe(field, connection, online=True) for field in (self.old, self.new))
        conversion = backend.conversion(old, new, backend.quote(old.name))
        kinds = (conversion.blocked, conversion.lost, conversion.misread, conversion.doubtful)
        seen: list[set[int]] = [set() for _ in kinds]
        for kind, judgements in zip(seen, kinds, strict=True):
            for judgement in judgements:
                kind.update(self.matching(judgement.predicate))
        values = None
        if conversion.value is not None:
            values = self.stored(conversion.value)
        return Prediction(conversion, *map(frozenset, seen), values)

    def matching(self, predicate: str) -> set[int]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id, {predicate} FROM {TABLE}")
            answers = dict(cursor.fetchall())
        for number, answer in answers.items():
            assert self.case.rows[number] is not None or not answer, f"true for NULL: {predicate}"
        return {number for number, answer in answers.items() if answer}

    def stored(self, expression: str) -> dict[int, Any]:
        """The values in the engine's own exact words."""
        shown = {
            "sqlite": f"typeof({expression}), +({expression})",
            "postgresql": f"({expression})::text",
            "mysql": f"CAST({expression} AS CHAR)",
        }[connection.vendor]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id, {shown} FROM {TABLE} ORDER BY id")
            return {row[0]: row[1] if len(row) == 2 else row[1:] for row in cursor.fetchall()}

    def read(self, state: ProjectState, field: models.Field) -> dict[int, Any]:
        """What Django reads; an exception is an answer too."""
        rows = state.apps.get_model(APP, MODEL).objects
        answers: dict[int, Any] = {}
        for number in rows.values_list("id", flat=True):
            try:
                answers[number] = rows.values_list(field.attname, flat=True).get(id=number)
            except Exception as error:
                answers[number] = error
        return answers

    def alter(self, *, forwards: bool) -> DatabaseError | None:
        direction = self.step.database_forwards if forwards else self.step.database_backwards
        states = (self.before, self.after) if forwards else (self.after, self.before)
        try:
            with connection.schema_editor() as editor:
                direction(APP, editor, *states)
        except DatabaseError as error:
            return error
        return None

    def refuses(self, rows: Iterable[int]) -> DatabaseError | None:
        """The step on the table as it is, which a refusal leaves fit for another try."""
        self.fill(rows)
        return self.alter(forwards=True)

    def run(self, rows: Iterable[int]) -> Outcome:
        self.build(rows)
        before = self.stored(self.column(self.old)), self.read(self.before, self.old)
        if error := self.alter(forwards=True):
            return Outcome(*before, error=error)
        after = self.stored(self.column(self.new)), self.read(self.after, self.new)
        if error := self.alter(forwards=False):
            return Outcome(*before, None, *after, back_error=error)
        return Outcome(*before, None, *after, None, self.stored(self.column(self.old)))


def judge(case: Case, *, kind: str = "Changes of a type") -> Prediction:
    """Run the case, compare and count it; returns what was predicted, to say more about."""
    numbers = range(len(case.rows))
    with Court(case) as court:
        court.build(numbers)
        said = court.predict()
        answer, why = answer_of(said.conversion)
        if kind:  # before anything can fail: a pair that does has been judged, too
            known = (case.known or why) if answer == "unknown" else ""
            values = sum(value is not None for value in case.rows)
            doubtful = len(said.doubtful)
            accuracy.count(kind, told(case), values=values, known=known, doubtful=doubtful)
        expected = {case.answer} if case.answer is not None else {"", "impossible"}
        expected |= {"impossible"} if case.known else set()
        assert answer in expected, f"the backend says {answer or 'something'}: {why}"
        for number in sorted(said.blocked):
            row = case.rows[number]
            assert court.refuses([number]), f"{row!r}: said to be refused, but passed"
        refused = court.refuses(())
        assert bool(refused) == (answer == "impossible"), f"the step over no rows: {refused}"
        if not answer:
            compare(court, said)
    return said


def answer_of(conversion: Conversion) -> tuple[str, str]:
    if conversion.unknown:
        return "unknown", conversion.unknown
    return ("impossible" if conversion.impossible else ""), conversion.impossible


def told(case: Case) -> str:
    return f"{short(case.old)} to {short(case.new)}"


def compare(court: Court, said: Prediction) -> None:
    case = court.case
    numbers = set(range(len(case.rows))) - said.doubtful
    problems: list[str] = []
    outcome = court.run(sorted(numbers - said.blocked))
    if outcome.error is not None:
        problems += [
            f"{case.rows[number]!r}: said to pass, but refused: {error}"
            for number in sorted(numbers - said.blocked)
            if (error := court.run([number]).error)
        ]
        raise AssertionError("\n".join(problems) or str(outcome.error))
    lost = lost_rows(court, said, outcome, problems)
    for number in sorted(numbers - said.blocked):
        told = f"{case.rows[number]!r}: {outcome.before[number]!r} -> {outcome.after[number]!r}"
        if (number in lost) != (number in said.lost):
            problems.append(
                f"{told} -> {outcome.back and outcome.back[number]!r}: lost is {number in lost}"
            )
        if said.values is not None and not same(
            said.values[number], outcome.after[number], court.new
        ):
            problems.append(f"{told}: said to become {said.values[number]!r}")
        wrong = is_misread(court.new, outcome.read[number], outcome.after[number])
        # What the old field did not read well either is not the step's doing.
        wrong &= not is_misread(court.old, outcome.read_before[number], outcome.before[number])
        if wrong != (number in said.misread):
            problems.append(f"{told}: read as {outcome.read[number]!r}: misread is {wrong}")
    assert not problems, "\n".join(problems)


def lost_rows(
    court: Court, said: Prediction, outcome: Outcome, problems: list[str]
) -> frozenset[int] | set[int]:
    """The rows that do not come back; where the inverse fails as a whole, found row by row."""
    if outcome.back is not None:
        return {n for n, v in outcome.before.items() if not same(v, outcome.back[n], court.old)}
    lost = set()
    for number, value in outcome.before.items():
        if is_null(value):
            continue  # there is no value to lose, even if no step leads back at all
        alone = court.run([number])
        if alone.back is None or not same(alone.before[number], alone.back[number], court.old):
            lost.add(number)
    if not lost and not all(map(is_null, outcome.before.values())):
        problems.append(f"the way back fails: {outcome.back_error}")
    return lost


def is_null(stored: Any) -> bool:
    return (stored[1] if isinstance(stored, tuple) else stored) is None


NUMBERS = (models.IntegerField, models.DecimalField, models.FloatField)


def same(one: Any, other: Any, field: models.Field) -> bool:
    """Equal as the engine wrote it; numbers by their value, whatever zeros they end in."""
    if isinstance(one, tuple):  # SQLite: with its type
        numbers = {one[0], other[0]} <= {"integer", "real"}
        return bool((one[0] == other[0] or numbers) and one[1] == other[1])
    if one == other or not isinstance(stored_field(field), NUMBERS) or one is None or other is None:
        return bool(one == other)
    return decimal.Decimal(one) == decimal.Decimal(other)


TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("AutoField", "BigAutoField", "SmallAutoField"), int),
    **dict.fromkeys(("IntegerField", "BigIntegerField", "SmallIntegerField"), int),
    **dict.fromkeys(("PositiveIntegerField", "PositiveBigIntegerField"), int),
    "PositiveSmallIntegerField": int,
    **dict.fromkeys(("CharField", "TextField", "SlugField", "FileField", "FilePathField"), str),
    "GenericIPAddressField": str,
    "BooleanField": bool,
    "FloatField": float,
    "DecimalField": decimal.Decimal,
    "DateField": datetime.date,
    "DateTimeField": datetime.datetime,
    "TimeField": datetime.time,
    "DurationField": datetime.timedelta,
    "UUIDField": uuid.UUID,
    "BinaryField": (bytes, memoryview),
}


def is_misread(field: models.Field, read: Any, stored: Any) -> bool:
    """Whether Django's value is of another type than the field's, or is not what is stored."""
    kind = stored_field(field).get_internal_type()
    value = stored[1] if isinstance(stored, tuple) else stored
    if value is None:
        return read is not None
    if isinstance(read, Exception) or not isinstance(read, TYPES.get(kind, object)):
        return True
    if kind == "BooleanField":
        return str(value) not in (
            {"true", "false"} if connection.vendor == "postgresql" else {"0", "1"}
        )
    if kind in ("DateField", "DateTimeField", "TimeField") and isinstance(stored, tuple):
        # SQLite: the number 10 read as ten o'clock is not what was meant either.
        return stored[0] != "text" or (kind == "DateField" and isinstance(read, datetime.datetime))
    if kind == "DateField":
        return isinstance(read, datetime.datetime)
    if kind == "TimeField":  # of a span below zero Django reads the rest
        return bool(read != datetime.time.fromisoformat(value.removeprefix("-"))) or value[0] == "-"
    if TYPES.get(kind) in (int, decimal.Decimal):
        exact = f"{value:.15g}" if isinstance(value, float) else value
        return not (decimal.Decimal(exact) == read or (value == "NaN" and read.is_nan()))
    if kind == "FloatField":
        return not (float(value) == read or (math.isnan(read) and value == "NaN"))
    if kind == "GenericIPAddressField":  # PostgreSQL shows the length of the network with it
        return read != value.removesuffix("/32").removesuffix("/128")
    return TYPES.get(kind) is str and read != value


def cases(*all_cases: Case, only: Sequence[str] = ()) -> list[Case]:
    """The cases for the engine under test."""
    return list(all_cases) if not only or connection.vendor in only else []
