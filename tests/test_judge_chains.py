"""The value of a column through several changes of one plan, judged by the engine."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal

import pytest
from django.db import connection, models
from django.db.migrations import AlterField
from django.db.migrations.state import ProjectState

from migration_tools.analysis.describing import describe
from migration_tools.backends import for_connection
from tests.judge import APP, MODEL, Court, case, changes_tables, same

pytestmark = [changes_tables, pytest.mark.usefixtures("sql_mode")]

DECIMAL = models.DecimalField(max_digits=7, decimal_places=3, null=True)
SHORTER = models.DecimalField(max_digits=6, decimal_places=1, null=True)
WHOLE = models.IntegerField(null=True)
SMALL = models.SmallIntegerField(null=True)
POSITIVE = models.PositiveIntegerField(null=True)
FLOAT = models.FloatField(null=True)
WORD = models.CharField(max_length=4, null=True)
TEXT = models.TextField(null=True)
NUMBERS = (
    None,
    *map(Decimal, ("0", "0.449", "0.45", "-0.45", "12.5", "-12.549", "999.95", "9999.999")),
)
WORDS = (None, "", "abc", "abcdef", "abcde ", "12", "é😀é😀é")

CHAINS = [
    (NUMBERS, DECIMAL, SHORTER, WHOLE),
    (NUMBERS, DECIMAL, WHOLE, WORD),
    (NUMBERS, DECIMAL, FLOAT, SHORTER, TEXT),
    (NUMBERS, DECIMAL, WHOLE, POSITIVE, SMALL),
    ((None, 0, 7, 40000, -40000, 2**31 - 1), WHOLE, SMALL, TEXT, WORD),
    ((None, 0, 7, 40000, -40000), WHOLE, TEXT, WORD, TEXT),
    (
        WORDS,
        models.CharField(max_length=9, null=True),
        WORD,
        TEXT,
        models.SlugField(max_length=2, null=True),
    ),
]


@pytest.mark.parametrize("chain", CHAINS, ids=range(len(CHAINS)))
def test_the_value_is_right_for_the_next_change(chain: Sequence[object]) -> None:
    rows, *fields = chain
    with Court(case(fields[0], fields[1], *rows)) as court:
        court.build(range(len(rows)))
        states = states_of(court.before, fields[1:])
        value, blocked = court.column(court.old), set[int]()
        for old, new in itertools.pairwise(states):
            value = step(court, old, new, value, blocked)
        said = court.stored(value)
        court.fill(sorted(set(range(len(rows))) - blocked))
        for field, (old, new) in zip(fields[1:], itertools.pairwise(states), strict=True):
            with connection.schema_editor() as editor:
                AlterField(MODEL, "v", field).database_forwards(APP, editor, old, new)
        became = court.stored(court.column(column(states[-1])))
        assert became
        for number, stored in became.items():
            assert same(said[number], stored, column(states[-1])), rows[number]


def states_of(first: ProjectState, fields: Sequence[models.Field]) -> list[ProjectState]:
    states = [first]
    for field in fields:
        states.append(states[-1].clone())
        AlterField(MODEL, "v", field).state_forwards(APP, states[-1])
    return states


def column(state: ProjectState) -> models.Field:
    return state.apps.get_model(APP, MODEL)._meta.get_field("v")


def step(court: Court, old: ProjectState, new: ProjectState, value: str, blocked: set[int]) -> str:
    """The SQL of the value after one more change; adds the rows that this one refuses."""
    before, after = (describe(column(state), connection, online=True) for state in (old, new))
    conversion = for_connection(connection).conversion(before, after, value)
    assert not conversion.unknown
    for judgement in conversion.blocked:
        blocked |= court.matching(judgement.predicate)
    assert conversion.value is not None
    return conversion.value
