"""A plain `migrate` keeps nothing: a word before it drops a table in which columns are parked."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models.signals import pre_migrate

if TYPE_CHECKING:
    from django.db.migrations.migration import Migration


def stand_by() -> None:
    pre_migrate.connect(_warn, dispatch_uid="migration_tools.bystanding")


def _warn(
    *,
    sender: Any,
    using: str,
    verbosity: int = 1,
    plan: list[tuple[Migration, bool]] | None = None,
    **kwargs: Any,
) -> None:
    connection = connections[using]
    # A run of ours parks the table, too.
    if not plan or not verbosity or hasattr(connection.SchemaEditorClass, "of_gate"):
        return
    if connection.connection is None:  # no `migrate` has made this plan with it
        return
    # Imported here: every start of the project would pay for it.
    from migration_tools.execution.endangered import endangered
    from migration_tools.execution.gate import last_app

    if sender is not last_app():  # the signal comes once for each app
        return
    with contextlib.suppress(Exception):  # a word that cannot be said stops nobody
        for line in endangered(connection, plan):
            sys.stderr.write(f"{line}\n")
