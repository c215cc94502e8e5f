"""Columns that somebody dropped by hand, on a table that the engine makes anew.

The new table has them again, and its rows are copied by a query that names them. Where the engine
reads a quoted name that no column has as a text, the copy passes, and every row holds the name.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.context import Context
from migration_tools.analysis.hanging import acts_of
from migration_tools.analysis.known import Known
from migration_tools.analysis.questions import Candidate, Repeats, count_rows, count_where
from migration_tools.analysis.recording import RecordedOperation
from migration_tools.backends.hanging import Act


def absent_columns(
    effect: fx.Effect, operation: RecordedOperation, context: Context
) -> Iterator[Candidate]:
    """Before anything else is asked of the effect: its other judges find the columns there."""
    name = str(getattr(effect, "table", ""))
    table = context.holds_rows(name) if name else None
    if table is None or context.hypothetical or Act.REMAKE not in acts_of(effect, context.backend):
        return
    known = operation.known.get(name, Known())
    # The history leaves a key of Django's own out, so that "id" is known of every table.
    for column in sorted(known.columns - {"id"} - _of_this(operation)):
        line = context.column(name, column)
        if not line.missing or column in context.lineage.columns_of_today(name):
            continue
        text = context.backend.read_as_text(table, column)
        if text is None:
            continue
        yield context.candidate(
            hazard=hz.MADE_ANEW,
            table=table,
            column=column,
            reason=f"every row gets {text}",
            decides=count_rows(table),
        )
        yield from _refused(effect, column, text, known, context)
        line.missing, line.value = False, text


def _of_this(operation: RecordedOperation) -> set[str]:
    """What the operation itself adds, drops and renames; each of these effects judges its own."""
    names = set()
    for other in operation.effects:
        match other:
            case fx.ColumnAdded() | fx.ColumnDropped():
                names.add(other.column.name)
            case fx.ColumnAltered() if other.old.name != other.new.name:
                names |= {other.old.name, other.new.name}
    return names


def _refused(
    effect: fx.Effect, column: str, text: str, known: Known, context: Context
) -> Iterator[Candidate]:
    """What the new table does not take of that text."""
    table = str(context.holds_rows(str(getattr(effect, "table", ""))))
    its_own = isinstance(effect, fx.ColumnAltered) and effect.old.name == column
    refers = column in known.keys
    met = []
    if isinstance(effect, fx.ColumnAltered) and its_own:
        for judgement in context.backend.conversion(effect.old, effect.new, text).blocked:
            assert judgement.obstacle is not None
            yield context.candidate(
                hazard=hz.OBSTACLES[judgement.obstacle],
                table=table,
                column=column,
                reason=judgement.reason,
                decides=count_where(table, judgement.predicate),
            )
        if effect.new.unique:
            yield context.candidate(
                hazard=hz.DUPLICATES,
                table=table,
                column=column,
                reason="every row gets the same value",
                decides=Repeats(table=table, parts=(text,)),
            )
        refers = effect.new.references is not None and effect.new.references.constraint
    elif (column, "JSONField") in known.types:
        met.append((hz.CHECK_VIOLATED, "which is no JSON"))
    if refers:
        met.append((hz.ORPHANS, "which is no key"))
    for hazard, why in met:
        yield context.candidate(
            hazard=hazard,
            table=table,
            column=column,
            reason=f"get {text}, {why}",
            decides=count_rows(table),
        )
