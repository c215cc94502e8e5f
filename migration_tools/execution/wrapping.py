"""Finds the ``migrate`` that is in force in this project, to be wrapped and never replaced."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import find_commands
from django.core.management.commands import migrate as django_migrate

COMMAND = "migrate"


def migrate_in_force() -> type[Any]:
    """The class of the project's ``migrate``: an app's own if one has it, else Django's.

    As Django looks commands up (the first app in INSTALLED_APPS wins), but for a module that is
    being imported right now: that is a project's own ``migrate`` made of ours, asking for the one
    below it.
    """
    for config in apps.get_app_configs():
        if COMMAND not in find_commands(str(Path(config.path) / "management")):
            continue
        name = f"{config.name}.management.commands.{COMMAND}"
        if not _is_being_imported(name):
            return import_module(name).Command  # type: ignore[no-any-return]
    return django_migrate.Command


def _is_being_imported(name: str) -> bool:
    spec = getattr(sys.modules.get(name), "__spec__", None)
    # Set by importlib while a module's body runs (CPython 3.11 to 3.13).
    return bool(getattr(spec, "_initializing", False))
