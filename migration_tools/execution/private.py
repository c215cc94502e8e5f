"""What a run does not keep because it is private, and what such columns hold when they are back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from migration_tools.analysis.questions import LossKind
from migration_tools.analysis.verdicts import Loss
from migration_tools.archives.catalogue import Archive
from migration_tools.archives.private import REASON, Private
from migration_tools.columns import Column, Default
from migration_tools.exceptions import ArchiveError

if TYPE_CHECKING:
    from migration_tools.execution.archiving import Archivist

#: SQL with its parameters.
Fill = tuple[str, tuple[Any, ...]]


def unkept(loss: Loss, private: Private) -> str:
    """Why nothing of it is kept; "" if it is not for being private."""
    decisive = loss.key if loss.kind is LossKind.TABLE else loss.fields
    return REASON if private.among(decisive) else ""


def left_out(loss: Loss, private: Private) -> str:
    """Which columns a copy of a table leaves out, in words; "" for none."""
    if loss.kind is not LossKind.TABLE:
        return ""
    names = [label.rpartition(".")[2] for label in private.among(loss.fields)]
    return f"{REASON} ({', '.join(names)})" if names else ""


def with_left_out(loss: Loss, private: Private) -> Loss:
    told = left_out(loss, private)
    return replace(loss, unkept=told) if told else loss


def fills(archivist: Archivist, editor: Any, archive: Archive, model: Any) -> Mapping[str, Fill]:
    """What the columns hold that the copy was made without; raises ArchiveError if nothing fits."""
    without = archive.details.get("without", ())
    fields = [f for f in model._meta.local_concrete_fields if f.column in without]
    return {field.column: _fill(archivist, editor, archive, model, field) for field in fields}


def _fill(archivist: Archivist, editor: Any, archive: Archive, model: Any, field: Any) -> Fill:
    found = archivist.fill(editor, model, field)
    name = f"{model._meta.label_lower}.{field.name}"
    if field.unique and (archive.rows or 0) > 1:
        if field.null:
            return "NULL", ()
        raise _cannot(
            archive, field, f"it is unique, and there is no value for {archive.rows:,} rows"
        )
    if found is None:
        if field.null:
            return "NULL", ()
        why = "it takes no NULL and has no default"
        raise _cannot(archive, field, why, hint=f"Say what its rows get:  --fill {name}=VALUE")
    if found.is_default:
        sql, parameters = editor.db_default_sql(field)
        return str(sql), tuple(parameters)
    return "%s", (found.value,)


def _cannot(archive: Archive, field: Any, why: str, *, hint: str = "") -> ArchiveError:
    return ArchiveError(
        f"{archive.table} cannot come back from archive {archive.number}: {field.column} is "
        f"private and was not kept, {why}.",
        hint=hint or "With --no-restore the step is taken without it.",
    )


def required_fills(
    model: str, columns: Iterable[Column], archive: Archive, typed: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """As ``fills`` would refuse them, before there is a model to ask: reason and way out."""
    for column in columns:
        name = f"{model}.{column.field}".lower()
        what = f"{column.name} is private and was not kept, "
        if column.null:
            continue
        if column.unique and (archive.rows or 0) > 1:
            yield f"{what}it is unique, and there is no value for {archive.rows:,} rows", ""
        elif column.default is Default.NONE and name not in typed:
            yield (
                f"{what}it takes no NULL and has no default",
                f"Say what its rows get:  --fill {name}=VALUE",
            )
