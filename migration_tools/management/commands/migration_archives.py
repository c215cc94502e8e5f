"""``manage.py migration_archives``: what migrate_safe has kept, and what is to become of it."""

from __future__ import annotations

import contextlib
import datetime
import json
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils.timezone import now

from migration_tools.archives.catalogue import HOLDING, Archive, Catalogue, State
from migration_tools.archives.choosing import chosen
from migration_tools.archives.converting import Conversion
from migration_tools.archives.exporting import FORMATS
from migration_tools.archives.keeping import Archives
from migration_tools.archives.merging import Merge, Restored
from migration_tools.execution.locking import DatabaseBusy, one_run
from migration_tools.management import base
from migration_tools.management.progress import working
from migration_tools.reports.archives import archive_lines, archives_as_dict, show_lines
from migration_tools.reports.lines import Line, Tone
from migration_tools.reports.runs import busy_text

ACTIONS = ("list", "show", "restore", "export", "copy", "purge")
#: Which options an action understands, besides --database.
UNDERSTOOD = {
    "list": {"format", "all"},
    "show": {"format"},
    "restore": {"format", "overwrite"},
    "export": {"format", "output"},
    "copy": {"format"},
    "purge": {"format", "older_than", "keep", "dry_run", "interactive"},
}
DEFAULTS: dict[str, Any] = {
    "format": None,
    "all": False,
    "overwrite": False,
    "output": None,
    "older_than": None,
    "keep": 0,
    "dry_run": False,
    "interactive": True,
}
AGES = {"h": "hours", "d": "days", "w": "weeks"}


def age(text: str | datetime.timedelta) -> datetime.timedelta:
    if isinstance(text, datetime.timedelta):
        return text
    found = re.fullmatch(r"(\d{1,6})([hdw])", text)
    if found is None:
        raise ValueError
    return datetime.timedelta(**{AGES[found[2]]: int(found[1])})


def number(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value


class Command(base.OwnCommand):
    help = "Shows the archives that migrate_safe has made; exports, restores and purges them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "action", nargs="?", default="list", choices=ACTIONS, help="Default: list."
        )
        parser.add_argument(
            "archives", nargs="*", type=number, metavar="archive", help="Numbers of archives."
        )
        parser.add_argument("--database", metavar="ALIAS", default=DEFAULT_DB_ALIAS)
        parser.add_argument(
            "--format",
            choices=("text", "json", *FORMATS),
            help="text (the default) or json; of an export csv (the default) or jsonl.",
        )
        parser.add_argument(
            "--all", action="store_true", help="list: also what has come back or was purged."
        )
        parser.add_argument(
            "--output", metavar="FILE", help="export: write to a file instead of stdout."
        )
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="restore: also over values of an archived column that were written since.",
        )
        parser.add_argument(
            "--older-than",
            type=age,
            metavar="AGE",
            help="purge: only what is older, as 30d or 12h.",
        )
        parser.add_argument(
            "--keep", type=number, metavar="N", default=0, help="purge: all but the newest N."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="purge: show what would go, and change nothing."
        )
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="purge: do not ask.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        action = options["action"]
        self._check(action, options)
        self.alias = options["database"]
        self.connection = base.connection_of(self.alias)
        with base.clear_errors(self.alias), base.readers_may_leave():
            self.catalogue = Catalogue(self.connection)
            self.kept = Archives(self.connection)
            getattr(self, f"do_{action}")(options)

    def _check(self, action: str, options: dict[str, Any]) -> None:
        for name, default in DEFAULTS.items():
            if options[name] != default and name not in UNDERSTOOD[action]:
                option = "noinput" if name == "interactive" else name.replace("_", "-")
                raise CommandError(f"--{option} is not for {action}.", returncode=2)
        wanted = FORMATS if action == "export" else ("text", "json")
        if options["format"] not in (None, *wanted):
            raise CommandError(
                f"--format {options['format']} is not for {action}; it takes "
                f"{' or '.join(wanted)}.",
                returncode=2,
            )
        many, one = action == "purge", action in ("show", "restore", "export", "copy")
        given = len(options["archives"])
        if (one and given != 1) or (given and not one and not many):
            takes = "the number of one archive" if one else "no number"
            raise CommandError(f"{action} takes {takes}.", returncode=2)

    # --- looking ----------------------------------------------------------------------------

    def do_list(self, options: dict[str, Any]) -> None:
        ended = (State.RETURNED, State.PURGED)
        found = [a for a in self.catalogue.find() if options["all"] or a.state not in ended]
        self._tell(found, options)

    def do_show(self, options: dict[str, Any]) -> None:
        listed = self.kept.listed(self._one(options), exactly=True)
        if options["format"] == "json":
            self._json(archives_as_dict([listed], self.alias))
        else:
            base.write_lines(self, show_lines(listed, self._quote, now()))

    def do_export(self, options: dict[str, Any]) -> None:
        contents = self.kept.exported(self._one(options))
        names = [shown for shown, _ in contents.columns]
        lines = FORMATS[options["format"] or "csv"](names, self.kept.stream(contents))
        end = "\n" if options["format"] == "jsonl" else "\r\n"
        if options["output"]:
            base.write_stream(options["output"], lines, end=end)
            return
        for line in lines:
            self.stdout.write(line, ending=end)

    # --- changing ---------------------------------------------------------------------------

    def do_restore(self, options: dict[str, Any]) -> None:
        archive = self._one(options)
        with self._alone():
            restored = Merge(self.connection, archive).restore(overwrite=options["overwrite"])
        if options["format"] == "json":
            told = {"archive": archive.number, "moved": restored.rows is None}
            self._json({**told, "rows": restored.rows, "kept": restored.kept})
        else:
            base.write_lines(self, _restored_lines(archive, restored))

    def do_copy(self, options: dict[str, Any]) -> None:
        archive = self._one(options)
        self.kept.require_copyable(archive)
        with self._alone(), working(sys.stderr, f"Copying archive {archive.number}"):
            rows = Conversion(self.connection, archive).run()
        if options["format"] == "json":
            self._json({"archive": archive.number, "rows": rows})
        else:
            text = f"Archive {archive.number} is a copy now, of {rows:,} rows."
            base.write_lines(self, [Line(text=text, tone=Tone.SUMMARY)])

    def do_purge(self, options: dict[str, Any]) -> None:
        numbers = options["archives"]
        for each in numbers:
            self._get(each)
        found = chosen(
            self.catalogue.find(states=(*HOLDING, State.PURGING)),
            now=now(),
            numbers=numbers,
            older_than=options["older_than"] and age(options["older_than"]),
            keep=int(options["keep"]),
        )
        self._tell(found, options)
        if options["dry_run"] or not found:
            return
        if options["interactive"] and not self._agrees(found):
            raise CommandError("Not confirmed. Nothing was changed.")
        with self._alone():
            for archive in reversed(found):
                with transaction.atomic(using=self.alias):
                    self.kept.purge(archive)
        if options["format"] != "json":
            base.write_lines(self, [Line(text=f"Purged {_several(found)}.", tone=Tone.SUMMARY)])

    def _agrees(self, found: Sequence[Archive]) -> bool:
        if not base.is_interactive():
            raise CommandError(
                f"{_several(found)} would go for good, and there is nobody to ask. Nothing was "
                "changed.\n  If that is meant:  add --noinput"
            )
        self.stdout.flush()
        try:
            answer = input(f"  {_several(found)} will be gone for good. Continue? [y/N] ")
        except (EOFError, KeyboardInterrupt):
            sys.stdout.write("\n")
            return False
        return answer.strip().lower() in {"y", "yes"}

    # --- shared -----------------------------------------------------------------------------

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Not while a run is at work."""
        try:
            with one_run(self.connection, wait=0, tell=lambda holder: None, warn=self.stderr.write):
                yield
        except DatabaseBusy as busy:
            text = busy_text(busy, "").partition("\n")[0]
            raise CommandError(text) from busy

    def _one(self, options: dict[str, Any]) -> Archive:
        return self._get(options["archives"][0])

    def _get(self, wanted: int) -> Archive:
        archive = self.catalogue.get(wanted)
        if archive is None:
            raise CommandError(
                f"There is no archive {wanted} on '{self.alias}'.\n"
                "  List them:  manage.py migration_archives --all"
            )
        return archive

    def _tell(self, archives: Sequence[Archive], options: dict[str, Any]) -> None:
        listed = [self.kept.listed(archive) for archive in archives]
        if options["format"] == "json":
            self._json(archives_as_dict(listed, self.alias))
        else:
            base.write_lines(self, archive_lines(listed, self._quote, now()))

    def _json(self, report: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))

    def _quote(self, name: str) -> str:
        return str(self.connection.ops.quote_name(name))


def _several(archives: Sequence[Archive]) -> str:
    return "1 archive" if len(archives) == 1 else f"{len(archives)} archives"


def _restored_lines(archive: Archive, restored: Restored) -> Iterator[Line]:
    if restored.rows is None:
        yield Line(text=f"Archive {archive.number} is back where it was.")
        return
    what = "values" if archive.column else "rows"
    yield Line(text=f"{restored.rows:,} {what} of archive {archive.number} were written.")
    if restored.kept:
        yield Line(
            text=f"{restored.kept:,} were written since and stayed as they are, and so does the "
            "archive.",
            tone=Tone.WARNING,
        )
        yield Line(text=f"  List them:  {restored.query}")
