"""MT1xx: the step would fail, so its plan is refused before the first one."""

from __future__ import annotations

from migration_tools.analysis.hazards.catalogue import Severity, hazard
from migration_tools.backends.base import Obstacle

_STOPS = "The step fails. What the plan did before it stays done."

IRREVERSIBLE = hazard(
    "MT101",
    "irreversible operation",
    Severity.BLOCKER,
    cause="An operation has no reverse (RunPython without reverse_code, RunSQL without "
    "reverse_sql), or the migration's own unapply() does nothing but raise.",
    consequence="Django stops there, after it has unapplied every step before it.",
    remedy="Give the operation a reverse, or go back no further than this migration.",
)
NULLS = hazard(
    "MT102",
    "NULLs before NOT NULL",
    Severity.BLOCKER,
    cause="The column stops taking NULL, rows hold NULL, and the field has no default.",
    consequence=_STOPS,
    remedy="Fill the rows first, or give the field a default.",
)
NO_DEFAULT = hazard(
    "MT103",
    "NOT NULL column without a default",
    Severity.BLOCKER,
    cause="A column that takes no NULL is added, or comes back, to a table with rows, without a "
    "default.",
    consequence=_STOPS,
    remedy="Give the field a default or null=True in that migration.",
)
OUT_OF_RANGE = hazard(
    "MT104",
    "value out of range",
    Severity.BLOCKER,
    cause="The new type cannot hold some of the numbers.",
    consequence=_STOPS,
    remedy="Change those rows first.",
)
TOO_LONG = hazard(
    "MT105",
    "value too long",
    Severity.BLOCKER,
    cause="Some texts are longer than the new column allows.",
    consequence=_STOPS,
    remedy="Shorten those rows first.",
)
NOT_CONVERTIBLE = hazard(
    "MT106",
    "value cannot be converted",
    Severity.BLOCKER,
    cause="The engine cannot read some of the values as the new type.",
    consequence=_STOPS,
    remedy="Change those rows first.",
)
CHECK_VIOLATED = hazard(
    "MT107",
    "check constraint violated",
    Severity.BLOCKER,
    cause="A check is added that rows do not satisfy: a CheckConstraint, or the check that Django "
    "puts on positive integers. Or a column changes to values that its checks refuse.",
    consequence=_STOPS,
    remedy="Change those rows first.",
)
DUPLICATES = hazard(
    "MT108",
    "duplicates before a unique constraint",
    Severity.BLOCKER,
    cause="A column or a group of columns becomes unique while values repeat, under the engine's "
    "own idea of equality (collation, letter case, trailing blanks). Or values that differ become "
    "the same in a column that is unique.",
    consequence=_STOPS,
    remedy="Remove or change the repetitions first.",
)
ORPHANS = hazard(
    "MT109",
    "orphans before a foreign key",
    Severity.BLOCKER,
    cause="A foreign key is added, or points elsewhere, and some values are not in the table it "
    "points to.",
    consequence=_STOPS,
    remedy="Change those rows first.",
)
IMPOSSIBLE = hazard(
    "MT110",
    "operation that is refused",
    Severity.BLOCKER,
    cause="Django, or the engine whatever the rows, refuses this change.",
    consequence=_STOPS,
    remedy="Write the change as two operations: remove the field and add the new one.",
)
TABLE_MISSING = hazard(
    "MT111",
    "table missing",
    Severity.BLOCKER,
    cause="The step changes or drops a table that is not in the database, though its history says "
    "so.",
    consequence=_STOPS,
    remedy="Find out who dropped it; if that was right, take the step with --fake.",
)
COLUMN_MISSING = hazard(
    "MT112",
    "column missing",
    Severity.BLOCKER,
    cause="The step changes or drops a column that is not in its table, though the history says "
    "so.",
    consequence=_STOPS,
    remedy="Find out who dropped it; if that was right, take the step with --fake.",
)
TABLE_EXISTS = hazard(
    "MT113",
    "table exists already",
    Severity.BLOCKER,
    cause="The step creates a table, and one of that name is in the database.",
    consequence=_STOPS,
    remedy="If it is the same table, use --fake-initial or --fake; else rename one of the two.",
)
COLUMN_EXISTS = hazard(
    "MT114",
    "column exists already",
    Severity.BLOCKER,
    cause="The step adds a column, and its table has one of that name.",
    consequence=_STOPS,
    remedy="If it is the same column, take the step with --fake; else rename one of the two.",
)
KEY_VIOLATED = hazard(
    "MT115",
    "foreign key violated already",
    Severity.BLOCKER,
    cause="Rows of some table, it may have nothing to do with the plan, point to nothing, and "
    "this engine ends every step with a look at the foreign keys of all tables.",
    consequence="The first step fails, whatever it does, and so does every other.",
    remedy="Mend or delete those rows first.",
)
IN_THE_WAY = hazard(
    "MT116",
    "something hangs on it",
    Severity.BLOCKER,
    cause="The step drops or changes a table or column that something else in the database still "
    "needs: a foreign key, a view, a generated column, a constraint made by hand.",
    consequence=_STOPS,
    remedy="Drop that first, and make it again afterwards if it is still wanted.",
)
REFUSED_BY_ENGINE = hazard(
    "MT117",
    "something hangs on it, says the engine",
    Severity.BLOCKER,
    cause="Tried on a copy of the schema, without rows, the change is refused: a view, a trigger "
    "or an index names what would not be there.",
    consequence=_STOPS,
    remedy="Drop that first, and make it again afterwards if it is still wanted.",
)
INDEX_REFUSED = hazard(
    "MT118",
    "index that cannot be made",
    Severity.BLOCKER,
    cause="The engine cannot index such columns, or some of the rows: a key that is too long, text "
    "without a length, a division by zero.",
    consequence=_STOPS,
    remedy="Index a shorter column, or the beginning of it by an expression.",
)
NOT_COMPUTED = hazard(
    "MT119",
    "generated column that cannot be computed",
    Severity.BLOCKER,
    cause="A stored generated column is added, or a column that it is computed from changes, and "
    "on some of the rows its expression fails, or gives what the column cannot hold: a division by "
    "zero, a text that is no number.",
    consequence=_STOPS,
    remedy="Change those rows first, or write the expression so that it bears them (Case, NullIf).",
)

REFUSES = hazard(
    "MT140",
    "migration that refuses to be applied",
    Severity.BLOCKER,
    cause="The migration's class has an apply() of its own, and all that it does is to raise.",
    consequence=_STOPS,
    remedy="Read the class: it may say what to do instead. If that is done, take the step with "
    "--fake.",
)
BROKEN_STATE = hazard(
    "MT141",
    "state that cannot be built",
    Severity.BLOCKER,
    cause="A field would refer to a model that a migration of another app has taken away, which "
    "stays applied: the two do not say that one depends on the other.",
    consequence="On a way in the step fails. On a way back every step passes, then `migrate` fails "
    "when it builds the models, and fails from then on, in either direction.",
    remedy="Take the other app back first, to the migration before the one that is named.",
)
#: Blockers that no row and no earlier step can mend.
CERTAIN = (IRREVERSIBLE, IMPOSSIBLE, REFUSES, BROKEN_STATE)
OBSTACLES = {
    Obstacle.NULLS: NULLS,
    Obstacle.OUT_OF_RANGE: OUT_OF_RANGE,
    Obstacle.TOO_LONG: TOO_LONG,
    Obstacle.NOT_CONVERTIBLE: NOT_CONVERTIBLE,
    Obstacle.CHECK: CHECK_VIOLATED,
    Obstacle.DUPLICATES: DUPLICATES,
    Obstacle.ORPHANS: ORPHANS,
}
