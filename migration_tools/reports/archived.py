"""What a run has kept and brought back, in words, for its last lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_tools.archives.catalogue import Archive
from migration_tools.archives.copying import Returned
from migration_tools.reports.lines import Line, Tone
from migration_tools.reports.wording import Quote, place


def done_lines(
    taken: Sequence[Archive],
    returned: Sequence[tuple[Archive, Returned]],
    quote: Quote,
    *,
    database: str,
) -> Iterator[Line]:
    """Nothing for a run that kept nothing and brought everything back that there was.

    ``database``: the option that names it, or nothing for the default one.
    """
    for archive, found in returned:
        if found.gone or found.edited:
            yield Line(text=_not_all(archive, found, quote, database), tone=Tone.WARNING)
    runs = sorted({archive.run for archive in taken if archive.run is not None})
    if runs:
        yield Line(
            text=f"Done as run {runs[-1]}. To take it back, data included:  manage.py migrate_safe "
            f"--undo {runs[-1]}{database}"
        )


def _not_all(archive: Archive, found: Returned, quote: Quote, database: str) -> str:
    where = place(archive.table, archive.column, quote)
    parts = [f"{_many(found.rows, 'value')} came back to {where}"]
    if found.gone:
        parts.append(f"{_many(found.gone, 'row')} deleted since stay away")
    if found.edited:
        parts.append(f"{_many(found.edited, 'value')} written since stay as they are")
    return (
        f"{'; '.join(parts)}.\n"
        f"  Archive {archive.number} is kept:  manage.py migration_archives show {archive.number}"
        f"{database}"
    )


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
