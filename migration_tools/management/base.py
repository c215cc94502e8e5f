"""What the commands share: arguments, clear errors, output, exit codes."""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django.db
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections

from migration_tools.conf import configuration
from migration_tools.exceptions import MigrationToolsError
from migration_tools.reports.lines import Line, Tone

if TYPE_CHECKING:
    from argparse import _ActionsContainer

    from django.db.backends.base.base import BaseDatabaseWrapper

#: --check found what it looks for.
FOUND = 3
#: As a shell calls a program that a broken pipe has ended.
EXIT_OF_A_BROKEN_PIPE = 141


def add_target_arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "app_label", nargs="?", help="App label of the application whose migrations to plan."
    )
    parser.add_argument(
        "migration_name",
        nargs="?",
        help='Name of the migration to go to, or its beginning; "zero" for none at all.',
    )


def add_database_arguments(parser: CommandParser, verb: str) -> None:
    """``verb``: what is done for each database, as in "Plan for"."""
    parser.add_argument(
        "--database",
        action="append",
        dest="databases",
        metavar="ALIAS",
        help=f'{verb} this database; may be given several times. Default: "{DEFAULT_DB_ALIAS}".',
    )
    parser.add_argument(
        "--all-databases", action="store_true", help=f"{verb} every database in DATABASES."
    )


def aliases(options: dict[str, Any]) -> list[str]:
    """In the order in which they were named, each once."""
    if options["all_databases"]:
        return list(connections)
    return list(dict.fromkeys(options["databases"] or [DEFAULT_DB_ALIAS]))


def add_opaque_argument(parser: _ActionsContainer) -> None:
    parser.add_argument(
        "--allow-opaque",
        action="store_true",
        default=None,
        help="Take Python code and raw SQL of the project's migrations as no loss. What they do "
        "to the rows cannot be known beforehand.",
    )


def add_timeout_argument(parser: _ActionsContainer) -> None:
    parser.add_argument(
        "--count-timeout",
        type=seconds,
        metavar="SECONDS",
        help="Time for all counts together (default 60). What is not counted by then is estimated "
        "or shown as unknown.",
    )


def seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError
    return value


def count_timeout(options: dict[str, Any]) -> float:
    given = options["count_timeout"]
    return configuration().count_timeout if given is None else float(given)


def allows_opaque(options: dict[str, Any]) -> bool:
    given = options["allow_opaque"]
    return configuration().allow_opaque if given is None else bool(given)


def write_lines(command: BaseCommand, lines: Iterable[Line], *, stderr: bool = False) -> None:
    style = command.style
    tones = {
        Tone.HEADING: style.MIGRATE_HEADING,
        Tone.STEP: style.MIGRATE_LABEL,
        Tone.LOSS: style.ERROR,
        Tone.BLOCKER: style.ERROR,
        Tone.WARNING: style.WARNING,
        Tone.SUMMARY: style.NOTICE,
        Tone.ADDED: style.SUCCESS,
    }
    stream = command.stderr if stderr else command.stdout
    for line in lines:
        # stderr paints everything red unless told otherwise.
        stream.write(line.text, tones.get(line.tone) or str)


def columns_of(command: BaseCommand) -> int | None:
    """How wide the terminal is; None where there is none."""
    return shutil.get_terminal_size().columns if command.stdout.isatty() else None


def write_report(command: BaseCommand, text: str, output: str | None) -> None:
    """To the file if one is named, whole or not at all; else to stdout."""
    if not output:
        command.stdout.write(text)
        return
    path = Path(output)
    try:
        if path.exists() and not path.is_file():  # a pipe, a terminal; or a folder, which refuses
            path.write_text(f"{text}\n", encoding="utf-8")
        else:
            _replace(path.resolve(), f"{text}\n")  # a link is written through, not replaced
    except OSError as error:
        raise CommandError(f"Cannot write {output}: {error.strerror}.") from error


def write_stream(output: str, lines: Iterable[str], *, end: str) -> None:
    """Line by line to a file, which is there when it is whole."""
    path = Path(output)
    try:
        if path.exists() and not path.is_file():
            _write_lines(path, lines, end)
            return
        path = path.resolve()
        partial = path.with_name(f".{path.name[:100]}.{os.getpid()}")
        try:
            _write_lines(partial, lines, end)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"Cannot write {output}: {error.strerror}.") from error


def _write_lines(path: Path, lines: Iterable[str], end: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"{line}{end}" for line in lines)


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name[:100]}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def connection_of(alias: str) -> BaseDatabaseWrapper:
    """Raises CommandError for an alias that is not in DATABASES or whose driver is missing."""
    if alias not in connections:
        known = ", ".join(connections)
        raise CommandError(f"There is no database '{alias}' in DATABASES; there is: {known}.")
    try:
        return connections[alias]
    except ImproperlyConfigured as error:
        raise CommandError(_driver_missing(alias, error)) from error


def _driver_missing(alias: str, error: ImproperlyConfigured) -> str:
    reason = " ".join(str(error).split())
    return f"The database '{alias}' cannot be used: {reason}"


@contextlib.contextmanager
def clear_errors(alias: str = "") -> Iterator[None]:
    """Whatever a person can cause becomes one CommandError that says what to do."""
    try:
        yield
    except MigrationToolsError as error:
        raise CommandError(str(error)) from error
    except ImproperlyConfigured as error:
        raise CommandError(_driver_missing(alias, error)) from error
    except django.db.Error as error:
        raise CommandError(_database_error(alias, error)) from error


def _database_error(alias: str, error: django.db.Error) -> str:
    # What Django runs in a transaction that has failed already hides what it failed of.
    if isinstance(error.__cause__, django.db.Error):
        error = error.__cause__
    reason = " ".join(str(error).split())
    # The driver says no more than "the statement failed" in its class; whether there is a
    # connection at all tells an unreachable server from a statement it refused.
    if alias in connections and connections[alias].connection is None:
        return (
            f"The database '{alias}' cannot be reached: {reason}\n"
            "  For a plan without counts:  manage.py migration_plan --offline"
        )
    return f"The database '{alias}' refused a query: {reason}"


def honour_no_color(options: dict[str, Any]) -> None:
    if os.environ.get("NO_COLOR") and not options.get("force_color"):
        options["no_color"] = True


class OwnCommand(BaseCommand):
    """A command of our own: no colours where NO_COLOR is set, no look at the URLconf."""

    # Importing the URLconf for the checks costs more than everything else here.
    requires_system_checks = ()

    def execute(self, *args: Any, **options: Any) -> str | None:
        honour_no_color(options)
        return super().execute(*args, **options)


@contextlib.contextmanager
def readers_may_leave(form: str = "text") -> Iterator[None]:
    """Whoever reads a report through a pipe (`| head`) may stop reading; that is no error.

    Nor is an output that cannot show every character: it gets what ``form`` has for those.
    """
    try:
        with _every_character(form):
            yield
            sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer must not be written, nor complained about, at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_OF_A_BROKEN_PIPE)


@contextlib.contextmanager
def _every_character(form: str) -> Iterator[None]:
    stream = sys.stdout
    if not isinstance(stream, io.TextIOWrapper) or stream.errors != "strict":
        yield
        return
    stream.reconfigure(errors=ESCAPES.get(form, "backslashreplace"))
    try:
        yield
    finally:
        stream.reconfigure(errors="strict")


def _json_escapes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return json.dumps(text)[1:-1], error.end


codecs.register_error("migration_tools_json", _json_escapes)
#: What stands for a character that the encoding of the output does not have.
ESCAPES = {
    "json": "migration_tools_json",
    **dict.fromkeys(("html", "html-fragment", "svg"), "xmlcharrefreplace"),
}


def is_interactive() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
