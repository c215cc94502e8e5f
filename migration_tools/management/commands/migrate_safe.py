"""``manage.py migrate_safe``: the project's own `migrate`, behind a gate."""

from __future__ import annotations

import functools
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections

from migration_tools.execution.wrapping import migrate_in_force
from migration_tools.management import base
from migration_tools.management import options as own_options
from migration_tools.management.safely import SafeRun, before_any_plan

if TYPE_CHECKING:
    from django.core.management.commands.migrate import Command as WrappedCommand
else:
    WrappedCommand = BaseCommand


class GatedMigrate(WrappedCommand):
    """What is put on top of the project's ``migrate``; ``super()`` is that command."""

    help = (
        "Runs `migrate`, and before a step that loses data shows from the rows that are there "
        "what would be lost or would fail, and asks."
    )
    safely: SafeRun | None = None
    #: As it was typed, for the next command that a refusal suggests.
    typed: str | None = None

    def run_from_argv(self, argv: list[str]) -> None:
        program = Path(argv[0]).name.replace("__main__.py", "python -m django")
        self.typed = f"{program} {shlex.join(argv[1:])}"
        super().run_from_argv(argv)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        own_options.add_arguments(parser)

    def execute(self, *args: Any, **options: Any) -> Any:
        alias = options.get("database") or DEFAULT_DB_ALIAS
        base.connection_of(alias)
        self.safely = None
        base.honour_no_color(options)
        try:
            with base.clear_errors(alias):
                return super().execute(*args, **options)
        except CommandError:
            raise
        except Exception as error:
            if self.safely is None or self.safely.gate.was_reached or options.get("traceback"):
                raise
            raise CommandError(before_any_plan(error)) from error

    def handle(self, *args: Any, **options: Any) -> Any:
        own = own_options.taken_from(options)
        connection = connections[options.get("database") or DEFAULT_DB_ALIAS]
        self.safely = SafeRun(self, connection, own, options, typed=self.typed)
        return self.safely.run(functools.partial(super().handle, *args, **options))

    def migration_progress_callback(
        self, action: str, migration: Any = None, fake: bool = False
    ) -> None:
        if self.safely is not None:
            self.safely.follow(action, migration, fake)
        super().migration_progress_callback(action, migration, fake)


@functools.cache
def gated(migrate: type[Any]) -> type[Any]:
    """``migrate`` with the gate on top, or as it is if it is made of ours already."""
    if issubclass(migrate, GatedMigrate):
        return migrate
    return type("Command", (GatedMigrate, migrate), {"__module__": __name__})


def __getattr__(name: str) -> Any:
    """``Command``, made when it is asked for.

    A project's own `migrate` may be made of it, and is imported to make it: by then this module
    has to be complete.
    """
    if name == "Command":
        return gated(migrate_in_force())  # type: ignore[arg-type]  # a class is hashable
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
