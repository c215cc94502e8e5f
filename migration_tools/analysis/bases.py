"""What generated columns are computed from, while it is dropped, renamed or given another type.

Of those that are there today the engine's catalogue says it, see hanging.py. These are made in the
plan; or Django itself writes them anew, and does not find the column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migration_tools.analysis import effects as fx
from migration_tools.analysis.context import Context
from migration_tools.analysis.hanging import acts_of, column_of, outcome_of, told
from migration_tools.analysis.known import Known
from migration_tools.analysis.questions import Candidate
from migration_tools.backends.hanging import Act, Dependant, Kind, Outcome


def needed_bases(
    effect: fx.Effect, known: Mapping[str, Known], context: Context
) -> Iterator[Candidate]:
    """Before the effect is followed."""
    column, name = column_of(effect), str(getattr(effect, "table", ""))
    table = context.holds_rows(name) if column is not None else None
    if column is None or table is None or name not in known:
        return
    acts = acts_of(effect, context.backend)
    rewritten = isinstance(effect, fx.ColumnDropped) and Act.REMAKE in acts
    for made in known[name].generated:
        if column.name not in made.bases:
            continue
        dependant = Dependant(
            kind=Kind.GENERATED, name=made.column.name, table=table, columns=(column.name,)
        )
        outcome = Outcome.REFUSED if rewritten else None
        if outcome is None and context.column(name, made.column.name).is_born:
            outcome = outcome_of(dependant, acts, column.name, context)
        if outcome is not None:
            yield told(dependant, outcome, column.name, context)
