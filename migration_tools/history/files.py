"""What the files of migrations say by themselves, without a database and without a graph.

A graph cannot always be built: a file may name a parent that is gone. What depends on what is
therefore read from the migrations, by the rules of MigrationLoader (read in Django 5.2, 6.0, 6.1).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.db import router
from django.db.migrations.migration import Migration
from django.db.migrations.operations import CreateModel, RunPython, RunSQL
from django.db.migrations.operations.base import Operation

from migration_tools.analysis.nesting import flat
from migration_tools.analysis.overridden import has_no_way_back

Key = tuple[str, str]
K = TypeVar("K", Key, str)
Files = Mapping[Key, Migration]


def parents(files: Files) -> dict[Key, tuple[Key, ...]]:
    """Of each migration those it depends on, also those that have no file."""
    found: dict[Key, dict[Key, None]] = {key: {} for key in files}
    for key, migration in files.items():
        for parent in migration.dependencies:
            if resolved := _resolved(files, key, tuple(parent)):
                found[key][resolved] = None
        for child in migration.run_before:
            resolved = _resolved(files, key, tuple(child))
            if resolved in found:
                found[resolved][key] = None
    return {key: tuple(ps) for key, ps in found.items()}


def _resolved(files: Files, key: Key, parent: Any) -> Key | None:
    """None for "__first__" of an app that has no migrations, or of one's own."""
    app, name = parent
    if name not in ("__first__", "__latest__"):
        return (app, name)
    names = sorted(other for label, other in files if label == app)
    if app == key[0] or not names:
        return None
    return (app, names[0] if name == "__first__" else names[-1])


def in_order(links: Mapping[K, tuple[K, ...]]) -> list[K]:
    """Parents first, otherwise sorted; what is not a key of ``links`` is left out."""
    order: dict[K, None] = {}
    for start in sorted(links):
        # By hand: a history of thousands is deeper than Python's stack.
        stack = [(start, iter(sorted(links[start])))]
        entered = {start}
        while stack:
            key, rest = stack[-1]
            parent = next((p for p in rest if p in links and p not in order), None)
            if parent is None:
                order[key] = None
                stack.pop()
            elif parent not in entered:  # in a circle nothing comes first
                entered.add(parent)
                stack.append((parent, iter(sorted(links[parent]))))
    return list(order)


def file_of(migration: Migration) -> str:
    return str(getattr(sys.modules.get(type(migration).__module__), "__file__", "") or "")


def described(migration: Migration) -> tuple[str, ...]:
    return tuple(_describe(operation) for operation in migration.operations)


def _describe(operation: Operation) -> str:
    try:
        return str(operation.describe())
    except Exception:  # a custom operation's describe() is not ours to trust
        return type(operation).__name__


def obstacle(migration: Migration) -> str:
    """Why it cannot be taken back, as far as the file tells; empty if it can."""
    if reason := has_no_way_back(migration):
        return reason
    for operation in flat(migration.operations, "database_operations"):
        if operation.reversible:
            continue
        if isinstance(operation, RunPython):
            name = getattr(operation.code, "__qualname__", type(operation.code).__name__)
            return f"RunPython {name} has no reverse"
        if isinstance(operation, RunSQL):
            return "RunSQL has no reverse"
        return f"{_describe(operation)} has no reverse"
    return ""


def is_kept_away(migration: Migration, alias: str) -> bool:
    """Whether the project's routers keep every operation from the database ``alias``."""
    if not router.routers or not migration.operations:
        return False
    return not any(
        _is_allowed(operation, migration.app_label, alias) for operation in migration.operations
    )


def _is_allowed(operation: Operation, app: str, alias: str) -> bool:
    name = getattr(operation, "model_name", None) or getattr(operation, "name", None)
    hints = getattr(operation, "hints", None) or {}
    if isinstance(operation, RunPython | RunSQL) or name is None:
        return bool(router.allow_migrate(alias, app, **hints))
    return bool(router.allow_migrate(alias, app, model_name=str(name).lower()))


def makes_swapped_model(migration: Migration) -> bool:
    for operation in migration.operations:
        if isinstance(operation, CreateModel) and (name := operation.options.get("swappable")):
            swapped_for = getattr(settings, name, None)
            own = f"{migration.app_label}.{operation.name}".lower()
            if swapped_for and str(swapped_for).lower() != own:
                return True
    return False
