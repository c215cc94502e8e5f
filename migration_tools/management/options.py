"""The options that `migrate_safe` has besides those of `migrate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError, CommandParser

from migration_tools.conf import ARCHIVES, configuration
from migration_tools.management import base

#: --undo without a number.
LAST = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Of one call. ``undo``: None, LAST, or a run's number."""

    accept: str | None
    allow_data_loss: bool
    fail_on_loss: bool
    allow_opaque: bool
    count_timeout: float
    archive: str
    no_archive: bool
    no_restore: bool
    fill: Mapping[str, str]
    undo: int | None
    status: bool
    resume: bool
    wait: float
    lock_timeout: float | None
    retries: int


def add_arguments(parser: CommandParser) -> None:
    group = parser.add_argument_group("data loss")
    group.add_argument(
        "--accept",
        metavar="FINGERPRINT",
        help="Run a plan that loses data if it is this one: the fingerprint that "
        "migration_plan printed.",
    )
    group.add_argument(
        "--allow-data-loss",
        action="store_true",
        help="Run the plan whatever it loses. A step that would fail still stops it.",
    )
    group.add_argument(
        "--fail-on-loss", action="store_true", help="Never run a plan that loses data."
    )
    base.add_opaque_argument(group)
    base.add_timeout_argument(group)
    _add_archive_arguments(parser)
    _add_run_arguments(parser)


def _add_archive_arguments(parser: CommandParser) -> None:
    group = parser.add_argument_group("archives")
    group.add_argument(
        "--archive",
        choices=ARCHIVES,
        help="How what a step takes away is kept: moved aside (park), copied (copy), or whichever "
        "is quicker on this database (auto, the default).",
    )
    group.add_argument(
        "--no-archive", action="store_true", help="Keep nothing of what a step takes away."
    )
    group.add_argument(
        "--no-restore",
        action="store_true",
        help="Take a step without what was archived when it was last gone the other way. The "
        "archive stays.",
    )
    group.add_argument(
        "--fill",
        action="append",
        metavar="APP.MODEL.FIELD=VALUE",
        help="For rows that were added since a column was archived, where it takes no NULL and "
        "has no default. May be given several times.",
    )


def _add_run_arguments(parser: CommandParser) -> None:
    group = parser.add_argument_group("runs")
    group.add_argument(
        "--undo",
        nargs="?",
        type=int,
        const=LAST,
        metavar="RUN",
        help="Take a run back, the last one without a number: each of its steps the other way.",
    )
    group.add_argument(
        "--status",
        action="store_true",
        help="Show who is at work on the database, the last runs and where they stopped. "
        "Changes nothing.",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="Go on with the last run where it stopped, after a look at the tables.",
    )
    group.add_argument(
        "--wait",
        type=base.seconds,
        default=0.0,
        metavar="SECONDS",
        help="How long to wait for another run on the same database to end (default 0).",
    )
    group.add_argument(
        "--lock-timeout",
        type=base.seconds,
        metavar="SECONDS",
        help="How long a statement of a step waits for the locks of others before it fails.",
    )
    group.add_argument(
        "--retries",
        type=int,
        default=0,
        metavar="N",
        help="How often to try a step again that has failed for --lock-timeout and changed "
        "nothing (default 0).",
    )


OWN = tuple(Options.__slots__)


def taken_from(options: dict[str, Any]) -> Options:
    """Ours, taken out of what the wrapped command is going to see."""
    own = {name: options.pop(name, None) for name in OWN}
    timeout, opaque = own["count_timeout"], own["allow_opaque"]
    settings = configuration()
    told = Options(
        accept=own["accept"],
        allow_data_loss=bool(own["allow_data_loss"]),
        fail_on_loss=bool(own["fail_on_loss"]),
        allow_opaque=settings.allow_opaque if opaque is None else bool(opaque),
        count_timeout=settings.count_timeout if timeout is None else float(timeout),
        archive=own["archive"] or settings.archive,
        no_archive=bool(own["no_archive"]),
        no_restore=bool(own["no_restore"]),
        fill=_fills(own["fill"] or ()),
        undo=own["undo"],
        status=bool(own["status"]),
        resume=bool(own["resume"]),
        wait=float(own["wait"] or 0),
        lock_timeout=None if own["lock_timeout"] is None else float(own["lock_timeout"]),
        retries=int(own["retries"] or 0),
    )
    _check(told, options)
    return told


def _fills(typed: Sequence[str]) -> Mapping[str, str]:
    told = {}
    for text in typed:
        name, equals, value = text.partition("=")
        if not equals or name.count(".") != 2:
            raise CommandError(f"--fill {text}: it has to be app.model.field=value.")
        told[name.lower()] = value
    return told


def _check(told: Options, options: dict[str, Any]) -> None:
    alone = [
        name
        for name, given in (
            ("--undo", told.undo is not None),
            ("--status", told.status),
            ("--resume", told.resume),
        )
        if given
    ]
    if len(alone) > 1:
        raise CommandError(f"{' and '.join(alone)} cannot be had at once.")
    others = [
        name
        for name, given in (
            ("a target", options.get("app_label")),
            ("--fake", options.get("fake")),
            ("--fake-initial", options.get("fake_initial")),
            ("--plan", options.get("plan")),
            ("--check", options.get("check_unapplied")),
            ("--prune", options.get("prune")),
            ("--run-syncdb", options.get("run_syncdb")),
        )
        if given
    ]
    if alone and others:
        raise CommandError(f"{alone[0]} takes no {others[0].removeprefix('a ')}.")
