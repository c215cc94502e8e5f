"""What a run has kept and brought back, in words, for its last lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_tools.archives.catalogue import Archive
from migration_tools.execution.returning import Unfit
from migration_tools.reports.lines import Line, Tone
from migration_tools.reports.returning import conflict_lines, counted
from migration_tools.reports.wording import Quote, place


def done_lines(
    taken: Sequence[Archive],
    returned: Sequence[Unfit],
    quote: Quote,
    *,
    database: str,
) -> Iterator[Line]:
    """Nothing for a run that kept nothing and brought everything back that there was.

    ``database``: the option that names it, or nothing for the default one.
    """
    for found in returned:
        yield from _not_all(found, quote, database)
    runs = sorted({archive.run for archive in taken if archive.run is not None})
    if runs:
        yield Line(
            text=f"Done as run {runs[-1]}. To take it back, data included:  manage.py migrate_safe "
            f"--undo {runs[-1]}{database}"
        )


def _not_all(found: Unfit, quote: Quote, database: str) -> Iterator[Line]:
    archive = found.archive
    where = place(archive.table, archive.column, quote)
    yield Line(text=f"{counted(found.rows, 'value')} came back to {where}.", tone=Tone.WARNING)
    for conflict in found.conflicts:
        yield from conflict_lines(conflict, indent="  ")
    yield Line(
        text=f"  Archive {archive.number} is kept:  manage.py migration_archives show "
        f"{archive.number}{database}"
    )
