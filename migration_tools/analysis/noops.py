"""Operations whose reverse is to do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import router
from django.db.migrations.operations import RunPython, RunSQL

from migration_tools.analysis import effects as fx
from migration_tools.analysis.nesting import flat
from migration_tools.analysis.python_code import name_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation

    from migration_tools.plan import Step


def nothing_undone(
    operation: Operation, migration: Migration, step: Step, connection: BaseDatabaseWrapper
) -> Iterator[fx.NothingUndone]:
    """Of the operation, and of those inside of it; nothing forwards."""
    if not step.is_backwards:
        return
    for part in flat([operation], "database_operations"):
        detail = _undone_by_nothing(part)
        hints = getattr(part, "hints", None) or {}
        if detail and router.allow_migrate(connection.alias, migration.app_label, **hints):
            yield fx.NothingUndone(detail=detail)


def _undone_by_nothing(operation: Operation) -> str:
    """What it is that does something, while its reverse does nothing; empty if it is not so."""
    match operation:
        case RunPython(code=code, reverse_code=reverse):
            if reverse == RunPython.noop and code != RunPython.noop:
                return f"RunPython {name_of(code)}"
        case RunSQL(sql=sql, reverse_sql=reverse):
            if reverse is not None and not reverse and sql:
                return "RunSQL"
    return ""
