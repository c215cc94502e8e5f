"""Finds the ``migrate`` that is in force in this project, to be wrapped and never replaced."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core import management

COMMAND = "migrate"


def migrate_in_force() -> type[Any]:
    """The class of the project's ``migrate``: an app's own if one has it, else Django's.

    As Django looks commands up (the first app in INSTALLED_APPS wins), but for a module that is
    being imported right now: that is a project's own ``migrate`` made of ours, asking for the one
    below it.
    """
    for config in apps.get_app_configs():
        folder = str(Path(config.path) / "management")
        module = f"{config.name}.management.commands.{COMMAND}"
        if COMMAND in management.find_commands(folder) and not _is_being_imported(module):
            return _loaded(config.name)
    return _loaded("django.core")


def _loaded(app: str) -> type[Any]:
    # By Django's own function, as an attribute: some apps put their command in there.
    return type(management.load_command_class(app, COMMAND))


def _is_being_imported(name: str) -> bool:
    spec = getattr(sys.modules.get(name), "__spec__", None)
    # Set by importlib while a module's body runs (CPython 3.11 to 3.13).
    return bool(getattr(spec, "_initializing", False))
