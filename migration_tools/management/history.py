"""The arguments of migration_report, and what they ask for."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from migration_tools.history.statuses import Survey
from migration_tools.management import base
from migration_tools.reports.history.choosing import Choice
from migration_tools.reports.history.losses import Told, measured

if TYPE_CHECKING:
    from migration_tools.reports.history.scripts import Scripts


def add_arguments(
    parser: CommandParser, *, formats: tuple[str, ...], graphs: tuple[str, ...]
) -> None:
    parser.add_argument("app_labels", nargs="*", metavar="app_label", help="Only these apps.")
    base.add_database_arguments(parser, "Report on")
    parser.add_argument("--pending", action="store_true", help="Only what is not applied.")
    parser.add_argument("--applied", action="store_true", help="Only what is applied.")
    parser.add_argument("--ghosts", action="store_true", help="Only what has lost its file.")
    parser.add_argument("--problems", action="store_true", help="Only what has a problem.")
    parser.add_argument(
        "--latest", type=positive, metavar="N", help="Only the last N migrations of each app."
    )
    parser.add_argument(
        "--since",
        metavar="DATE|GIT_REF",
        help="Only what was applied since a date or is not applied; or, with the name of a commit "
        "or branch, only what has come to the files since then.",
    )
    parser.add_argument(
        "--losses",
        action="store_true",
        help="Also what applying or taking back each migration would lose now. Counts rows.",
    )
    parser.add_argument(
        "--sql",
        action="store_true",
        help="Also the statements of each migration and of taking it back, found by doing both "
        "on an empty shadow database, which is made for that and removed. For html and json.",
    )
    parser.add_argument("--format", choices=formats, default="text")
    parser.add_argument(
        "--graph", choices=graphs, help="Instead of the report, the graph of dependencies."
    )
    parser.add_argument("--output", metavar="FILE", help="Write the report to a file.")
    parser.add_argument(
        "--check", action="store_true", help=f"Exit with status {base.FOUND} if there is a problem."
    )
    parser.add_argument(
        "--check-pending",
        action="store_true",
        help=f"Exit with status {base.FOUND} if something is not applied.",
    )
    base.add_timeout_argument(parser)


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def choice(options: dict[str, Any]) -> Choice:
    since = options["since"]
    date = _date(since) if since else None
    return Choice(
        apps=tuple(options["app_labels"]),
        pending=options["pending"],
        applied=options["applied"],
        ghosts=options["ghosts"],
        problems=options["problems"],
        latest=options["latest"],
        since=date,
        files=changed_since(since) if since and date is None else None,
    )


def _date(text: str) -> datetime.datetime | None:
    try:
        day = parse_date(text)
        moment = parse_datetime(text) if day is None else None
    except ValueError as error:  # well formed, and no day of the calendar
        raise CommandError(f"--since: {text} is no date: {error}.") from error
    if day is not None:
        moment = datetime.datetime.combine(day, datetime.time())
    if moment is not None and timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    return moment


def changed_since(ref: str) -> frozenset[str]:
    """Paths of the files that are other, or new, than at ``ref`` of the repository."""
    top = _git("rev-parse", "--show-toplevel").strip()
    if ref.startswith("-"):
        raise CommandError(f"--since: '{ref}' is neither a date nor a commit.")
    changed = _git("diff", "--name-only", "-z", "--diff-filter=d", ref, "--", ref=ref)
    new = _git("ls-files", "--others", "--exclude-standard", "--full-name", "-z", top)
    names = [name for name in (changed + new).split("\0") if name]
    return frozenset(str(Path(top, name)) for name in names)


def _git(*arguments: str, ref: str = "") -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            capture_output=True,
            text=True,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise CommandError("--since with a commit needs git, which is not installed.") from error
    except subprocess.CalledProcessError as error:
        if ref:
            raise CommandError(f"--since: '{ref}' is neither a date nor a commit.") from error
        raise CommandError("--since with a commit needs a git repository around it.") from error
    return done.stdout


def costs(surveys: tuple[Survey, ...], options: dict[str, Any]) -> tuple[Told, ...]:
    """What every migration shown would lose now."""
    with base.clear_errors():
        timeout = base.count_timeout(options)
    found = []
    for survey in surveys:
        with base.clear_errors(survey.alias):
            connection = base.connection_of(survey.alias)
            found.append(measured(survey, connection, seconds=timeout))
    return tuple(found)


def scripts(surveys: tuple[Survey, ...]) -> tuple[Scripts, ...]:
    """The statements of every migration shown, and where they come from."""
    from migration_tools.reports.history.scripts import scripts_of

    found = []
    for survey in surveys:
        with base.clear_errors(survey.alias):
            found.append(scripts_of(survey, base.connection_of(survey.alias)))
    return tuple(found)
