"""The catalogue: every way, besides losing data, in which a step can hurt.

One entry a hazard. Its code is stable and never used again for something else; each has a section
of docs/reference/hazards.md and a case among the tests.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from migration_tools.backends.base import Obstacle


class Severity(enum.StrEnum):
    BLOCKER = "blocker"  # the step would fail: the plan is refused before its first step
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    code: str
    name: str
    severity: Severity
    cause: str
    consequence: str
    remedy: str


_CATALOGUE: dict[str, Hazard] = {}


def _hazard(
    code: str, name: str, severity: Severity, *, cause: str, consequence: str, remedy: str
) -> Hazard:
    if code in _CATALOGUE:
        raise ValueError(f"Hazard code {code} is taken.")
    _CATALOGUE[code] = Hazard(
        code=code, name=name, severity=severity, cause=cause, consequence=consequence, remedy=remedy
    )
    return _CATALOGUE[code]


def catalogue() -> tuple[Hazard, ...]:
    return tuple(_CATALOGUE.values())


_STOPS = "The step fails. What the plan did before it stays done."

IRREVERSIBLE = _hazard(
    "MT101",
    "irreversible operation",
    Severity.BLOCKER,
    cause="An operation has no reverse: RunPython without reverse_code, RunSQL without "
    "reverse_sql.",
    consequence="Django stops there, after it has unapplied every step before it.",
    remedy="Give the operation a reverse, or go back no further than this migration.",
)
NULLS = _hazard(
    "MT102",
    "NULLs before NOT NULL",
    Severity.BLOCKER,
    cause="The column stops taking NULL, rows hold NULL, and the field has no default.",
    consequence=_STOPS,
    remedy="Fill the rows first, or give the field a default.",
)
NO_DEFAULT = _hazard(
    "MT103",
    "NOT NULL column without a default",
    Severity.BLOCKER,
    cause="A column that takes no NULL is added, or comes back, to a table with rows, without a "
    "default.",
    consequence=_STOPS,
    remedy="Give the field a default or null=True in that migration.",
)
OUT_OF_RANGE = _hazard(
    "MT104",
    "value out of range",
    Severity.BLOCKER,
    cause="The new type cannot hold some of the numbers.",
    consequence=_STOPS,
    remedy="Change those rows first.",
)
TOO_LONG = _hazard(
    "MT105",
    "value too long",
    Severity.BLOCKER,
    cause="Some texts are longer than the new column allows.",
    consequence=_STOPS,
    remedy="Shorten those rows first.",
)
NOT_CONVERTIBLE = _hazard(
    "MT106",
    "value cannot be converted",
    Severity.BLOCKER,
    cause="The engine cannot read some of the values as the new type.",
    consequence=_STOPS,
    remedy="Change those rows first.",
)
CHECK_VIOLATED = _hazard(
    "MT107",
    "check constraint violated",
    Severity.BLOCKER,
    cause="A check is added that rows do not satisfy: a CheckConstraint, or the check that Django "
    "puts on positive integers.",
    consequence=_STOPS,
    remedy="Change those rows first.",
)
DUPLICATES = _hazard(
    "MT108",
    "duplicates before a unique constraint",
    Severity.BLOCKER,
    cause="A column or a group of columns becomes unique while values repeat, under the engine's "
    "own idea of equality (collation, letter case, trailing blanks).",
    consequence=_STOPS,
    remedy="Remove or change the repetitions first.",
)
ORPHANS = _hazard(
    "MT109",
    "orphans before a foreign key",
    Severity.BLOCKER,
    cause="A foreign key is added, or points elsewhere, and some values are not in the table it "
    "points to.",
    consequence=_STOPS,
    remedy="Change those rows first.",
)
IMPOSSIBLE = _hazard(
    "MT110",
    "operation that is refused",
    Severity.BLOCKER,
    cause="Django, or the engine whatever the rows, refuses this change.",
    consequence=_STOPS,
    remedy="Write the change as two operations: remove the field and add the new one.",
)
TABLE_MISSING = _hazard(
    "MT111",
    "table missing",
    Severity.BLOCKER,
    cause="The step changes or drops a table that is not in the database, though its history says "
    "so.",
    consequence=_STOPS,
    remedy="Find out who dropped it; if that was right, take the step with --fake.",
)
COLUMN_MISSING = _hazard(
    "MT112",
    "column missing",
    Severity.BLOCKER,
    cause="The step changes a column that is not in its table, though the history says so.",
    consequence=_STOPS,
    remedy="Find out who dropped it; if that was right, take the step with --fake.",
)
TABLE_EXISTS = _hazard(
    "MT113",
    "table exists already",
    Severity.BLOCKER,
    cause="The step creates a table, and one of that name is in the database.",
    consequence=_STOPS,
    remedy="If it is the same table, use --fake-initial or --fake; else rename one of the two.",
)
COLUMN_EXISTS = _hazard(
    "MT114",
    "column exists already",
    Severity.BLOCKER,
    cause="The step adds a column, and its table has one of that name.",
    consequence=_STOPS,
    remedy="If it is the same column, take the step with --fake; else rename one of the two.",
)
KEY_VIOLATED = _hazard(
    "MT115",
    "foreign key violated already",
    Severity.BLOCKER,
    cause="Rows of some table, it may have nothing to do with the plan, point to nothing, and "
    "this engine ends every step with a look at the foreign keys of all tables.",
    consequence="The first step fails, whatever it does, and so does every other.",
    remedy="Mend or delete those rows first.",
)
IN_THE_WAY = _hazard(
    "MT116",
    "something hangs on it",
    Severity.BLOCKER,
    cause="The step drops or changes a table or column that something else in the database still "
    "needs: a foreign key, a view, a generated column, a constraint made by hand.",
    consequence=_STOPS,
    remedy="Drop that first, and make it again afterwards if it is still wanted.",
)
REFUSED_BY_ENGINE = _hazard(
    "MT117",
    "something hangs on it, says the engine",
    Severity.BLOCKER,
    cause="Tried on a copy of the schema, without rows, the change is refused: a view, a trigger "
    "or an index names what would not be there.",
    consequence=_STOPS,
    remedy="Drop that first, and make it again afterwards if it is still wanted.",
)
INDEX_REFUSED = _hazard(
    "MT118",
    "index that cannot be made",
    Severity.BLOCKER,
    cause="The engine cannot index such columns, or some of the rows: a key that is too long, text "
    "without a length, a division by zero.",
    consequence=_STOPS,
    remedy="Index a shorter column, or the beginning of it by an expression.",
)
OPAQUE_PYTHON = _hazard(
    "MT201",
    "Python code",
    Severity.WARNING,
    cause="A RunPython operation runs code of the project.",
    consequence="It may change or delete any row; what it does cannot be known beforehand. The "
    "counts of what comes after it are as of now.",
    remedy="Read the function.",
)
OPAQUE_SQL = _hazard(
    "MT202",
    "raw SQL",
    Severity.WARNING,
    cause="An operation executes SQL that the project wrote.",
    consequence="It may change or delete any row; the counts of what comes after it are as of now.",
    remedy="Read the statements.",
)
OPAQUE_CURSOR = _hazard(
    "MT203",
    "cursor of its own",
    Severity.WARNING,
    cause="An operation opens a database cursor instead of using the schema editor.",
    consequence="What it does cannot be known beforehand; the counts of what comes after it are as "
    "of now.",
    remedy="Read the operation.",
)
OPAQUE_MIGRATION = _hazard(
    "MT204",
    "migration with its own apply or unapply",
    Severity.WARNING,
    cause="The migration's class overrides how it is applied.",
    consequence="What it does besides its operations cannot be known beforehand.",
    remedy="Read the class.",
)
NOT_RECORDED = _hazard(
    "MT205",
    "operation that cannot be looked at",
    Severity.WARNING,
    cause="The operation raised an error when it was asked what it would do.",
    consequence="What it does cannot be known beforehand; perhaps the step fails.",
    remedy="Read the operation; if it is a custom one, it may need more than a schema editor.",
)
MISREAD = _hazard(
    "MT301",
    "values misread",
    Severity.WARNING,
    cause="The engine keeps the stored value as it is, but it no longer fits the field's type.",
    consequence="Nothing is lost, but until the step is taken back Django reads something else: a "
    "float from an integer field, None from a date.",
    remedy="Expect it, or convert the values first.",
)
INVENTED = _hazard(
    "MT302",
    "values invented",
    Severity.WARNING,
    cause="A NOT NULL column without a default is added to a table with rows, on an engine that "
    "does not refuse it.",
    consequence="The rows silently get a zero value.",
    remedy="Give the field a default or null=True in that migration.",
)
NOT_MADE = _hazard(
    "MT303",
    "constraint not made",
    Severity.INFO,
    cause="The engine does not support this kind of constraint.",
    consequence="Django silently makes none: nothing is checked.",
    remedy="Do not rely on it on this database.",
)
NOT_JUDGED = _hazard(
    "MT304",
    "constraint not judged",
    Severity.WARNING,
    cause="Whether the rows satisfy the new constraint cannot be asked beforehand.",
    consequence="The step may fail.",
    remedy="Try it on a copy of the data.",
)
NOTHING_TO_DROP = _hazard(
    "MT305",
    "column to drop is missing",
    Severity.WARNING,
    cause="The step drops a column that is not in its table, though the history says so.",
    consequence="Nothing is lost. On most engines the step fails.",
    remedy="If the column was dropped by hand, take the step with --fake.",
)

GOES_ALONG = _hazard(
    "MT306",
    "something goes along",
    Severity.WARNING,
    cause="Something hangs on what the step drops, and the engine drops it along without a word.",
    consequence="It is gone, and taking the step back does not make it again.",
    remedy="Keep its definition, and make it again if it is still wanted.",
)
BREAKS = _hazard(
    "MT307",
    "something breaks",
    Severity.WARNING,
    cause="Something in the database names what the step drops or renames, and the engine leaves "
    "it as it is.",
    consequence="The step passes; a view fails when it is read, a trigger when a row is written.",
    remedy="Make it anew after the step.",
)
KEYS_NOT_CHECKED = _hazard(
    "MT308",
    "foreign keys not looked at",
    Severity.WARNING,
    cause="There was no time to look for rows that point to nothing.",
    consequence="If there are any, in whatever table, the first step fails and nothing is changed.",
    remedy="Give it more time with --count-timeout.",
)

# --- what others have to wait for ---------------------------------------------------------------

REWRITTEN = _hazard(
    "MT350",
    "table written anew",
    Severity.WARNING,
    cause="The engine can make this change only by writing every row again, with all indexes.",
    consequence="The table is locked meanwhile, and needs its size once more on the disk.",
    remedy="Add a new column beside the old one, fill it in batches, and drop the old one in a "
    "later release; or do it when nobody is there.",
)
SCANNED = _hazard(
    "MT351",
    "table read through under a lock",
    Severity.WARNING,
    cause="The engine looks at every row before it believes the new rule, NOT NULL or a check.",
    consequence="The table is locked as long as that takes.",
    remedy="Where the engine can, add the rule as NOT VALID and validate it in a second migration.",
)
INDEX_BUILT = _hazard(
    "MT352",
    "index built under a lock",
    Severity.WARNING,
    cause="The index is built in one go, inside the step.",
    consequence="Nobody can write to the table until it is built.",
    remedy="Where the engine can, build it concurrently: AddIndexConcurrently, in a migration with "
    "atomic = False.",
)
KEY_VALIDATED = _hazard(
    "MT353",
    "foreign key looked up under a lock",
    Severity.WARNING,
    cause="Every row's key is looked up in the other table when the foreign key is made.",
    consequence="Both tables are locked as long as that takes.",
    remedy="Where the engine can, add it as NOT VALID and validate it in a second migration.",
)
OTHER_LOCKED = _hazard(
    "MT354",
    "another table locked along",
    Severity.WARNING,
    cause="The statement is about one table and takes a lock on another, as a foreign key does on "
    "the table that it points to.",
    consequence="Whoever uses that table waits until the step ends; and while the step waits for "
    "its lock, everybody who comes later waits behind it.",
    remedy="Take the step with --lock-timeout when there are no long transactions.",
)

OBSTACLES = {
    Obstacle.NULLS: NULLS,
    Obstacle.OUT_OF_RANGE: OUT_OF_RANGE,
    Obstacle.TOO_LONG: TOO_LONG,
    Obstacle.NOT_CONVERTIBLE: NOT_CONVERTIBLE,
    Obstacle.CHECK: CHECK_VIOLATED,
    Obstacle.DUPLICATES: DUPLICATES,
    Obstacle.ORPHANS: ORPHANS,
}
