"""Runs a plan that `migrate` has no words for, as `migrate` runs its own: between its signals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal

from migration_tools.plan import executor_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def run_steps(
    connection: BaseDatabaseWrapper,
    keys: Sequence[tuple[str, str]],
    *,
    backwards: bool,
    fake: bool,
    follow: Callable[..., None],
    announced: Callable[[], None],
    **said: Any,
) -> None:
    """``said``: what the signals say besides (verbosity, interactive, stdout)."""
    executor = executor_of(connection, follow, keys=keys)
    pairs = [(executor.loader.graph.nodes[key], backwards) for key in keys]
    # The command's own way to a state (5.2 to 6.1).
    state: Any = executor._create_project_state(with_applied_migrations=True)  # type: ignore[attr-defined]
    words = {"db": connection.alias, **said}
    emit_pre_migrate_signal(**words, apps=state.apps, plan=pairs)
    announced()
    after = executor.migrate([], plan=pairs, state=state.clone(), fake=fake)
    after.clear_delayed_apps_cache()
    emit_post_migrate_signal(**words, apps=after.apps, plan=pairs)
