"""MT3xx, the lower half: the step passes, and something is not as one might expect."""

from __future__ import annotations

from migration_tools.analysis.hazards.catalogue import Severity, hazard

MISREAD = hazard(
    "MT301",
    "values misread",
    Severity.WARNING,
    cause="The engine keeps the stored value as it is, but it no longer fits the field's type.",
    consequence="Nothing is lost, but until the step is taken back Django reads something else: a "
    "float from an integer field, None from a date.",
    remedy="Expect it, or convert the values first.",
)
INVENTED = hazard(
    "MT302",
    "values invented",
    Severity.WARNING,
    cause="A NOT NULL column without a default is added to a table with rows, on an engine that "
    "does not refuse it.",
    consequence="The rows silently get a zero value.",
    remedy="Give the field a default or null=True in that migration.",
)
NOT_MADE = hazard(
    "MT303",
    "constraint not made",
    Severity.INFO,
    cause="The engine does not support this kind of constraint.",
    consequence="Django silently makes none: nothing is checked.",
    remedy="Do not rely on it on this database.",
)
NOT_JUDGED = hazard(
    "MT304",
    "constraint not judged",
    Severity.WARNING,
    cause="Whether the rows satisfy a constraint cannot be asked beforehand: it is of a class of "
    "its own, or a column that it names changes to values that cannot be told.",
    consequence="The step may fail.",
    remedy="Try it on a copy of the data.",
)
NOTHING_TO_DROP = hazard(
    "MT305",
    "column to drop is missing",
    Severity.WARNING,
    cause="The step drops a column that is not in its table, though the history says so, and the "
    "engine makes the table anew for it.",
    consequence="Nothing is lost, and the step passes.",
    remedy="If the column was dropped by hand, take the step with --fake.",
)

GOES_ALONG = hazard(
    "MT306",
    "something goes along",
    Severity.WARNING,
    cause="Something hangs on what the step drops, and the engine drops it along without a word.",
    consequence="It is gone, and taking the step back does not make it again.",
    remedy="Keep its definition, and make it again if it is still wanted.",
)
BREAKS = hazard(
    "MT307",
    "something breaks",
    Severity.WARNING,
    cause="Something in the database names what the step drops or renames, and the engine leaves "
    "it as it is.",
    consequence="The step passes; a view fails when it is read, a trigger when a row is written.",
    remedy="Make it anew after the step.",
)
NOTHING_UNDONE = hazard(
    "MT330",
    "reverse that undoes nothing",
    Severity.INFO,
    cause="The reverse of the operation is RunPython.noop or RunSQL.noop.",
    consequence="The step counts as taken back, and what the operation did to the rows stays.",
    remedy="Expect it; where the rows have to change back, write a reverse.",
)
NO_WAY_IN = hazard(
    "MT331",
    "way back without a way in",
    Severity.WARNING,
    cause="A migration that is taken back makes a field that refers to a model which a migration "
    "of another app has taken away since, and that stays applied: the two do not say that one "
    "depends on the other.",
    consequence="Every step passes, and the project works; but `migrate` fails when the same "
    "migrations are to be applied again, with MT141.",
    remedy="Take the other app back first, to the migration before the one that is named.",
)
KEYS_NOT_CHECKED = hazard(
    "MT308",
    "foreign keys not looked at",
    Severity.WARNING,
    cause="There was no time to look for rows that point to nothing.",
    consequence="If there are any, in whatever table, the first step fails and nothing is changed.",
    remedy="Give it more time with --count-timeout.",
)
MADE_ANEW = hazard(
    "MT309",
    "missing column made anew",
    Severity.WARNING,
    cause="A column is not in its table, though the history says so, and the step makes the table "
    "anew, as the history has it, on an engine that reads a quoted name which is no column's as a "
    "text.",
    consequence="The step passes. The column is there again, and every row holds its name in it.",
    remedy="Find out who dropped the column; put it back with its values before the step, or take "
    "the field out of the history by a migration that is applied with --fake.",
)
