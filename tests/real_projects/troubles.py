"""A history in every kind of trouble, and what each format of the report calls it."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from check import Check, Done

FORMATS = ("text", "json", "markdown", "github", "html")
#: The app that gets each trouble, at its newest migration.
APPS = {
    "wagtail": {
        "ghost": "wagtailembeds",
        "faked": "wagtailforms",
        "edited": "wagtailusers",
        "conflict": "wagtailsearch",
        "inconsistent": "wagtailredirects",
        "partly squashed": "wagtailsearchpromotions",
        "different": "taggit",
    },
    "oscar": {
        "ghost": "analytics",
        "faked": "shipping",
        "edited": "reviews",
        "conflict": "wishlists",
        "inconsistent": "voucher",
        "partly squashed": "payment",
        "different": "partner",
    },
}
TWIN = "9999_twin"
#: How a problem stands in each format; between its kind and what is told of it is no other problem.
PROBLEM = {
    "text": r"{kind}:\s+{told}",
    "json": r'"kind": "{kind}",[^{{}}]*"message": "{told}',
    "markdown": r"\*\*{kind}\*\*[^:]*: {told}",
    "github": r"title=Migrations%3A {kind}::{told}",
    "html": r"{kind}[^A-Z]{{0,200}}{told}",
}
#: What was faked is no problem: it is said of the app, or of the migration.
FAKED = {
    "text": r"{app} +\d+ applied[^\n]*, 1 faked",
    "json": r'"name": "{name}",\s[^{{}}]*"marks": \[[^\]]*"faked"',
    "markdown": r"\| {app} \| \d+ applied[^|]*, 1 faked",
    "github": r"::notice [^:]*title=Migrations%3A faked::{label}",
    "html": r"<title>{label}: [a-z, ]*faked",
}
# Its settings come last, so that nothing of the site's own is lost.
SETTINGS = """
from {project}_settings import *

MIGRATION_MODULES = {modules!r}
DATABASES["other"] = DATABASES["default"] | {{"NAME": {other!r}}}
"""
SQUASHED = """
from django.db import migrations


class Migration(migrations.Migration):
    replaces = {replaces!r}
    dependencies = []
    operations = []
"""
WHERE = """
import importlib, json
from django.db.migrations.loader import MigrationLoader
loader = MigrationLoader(None)
print(json.dumps({app: [
    importlib.import_module(loader.migrations_module(app)[0]).__path__[0],
    sorted(name for label, name in loader.disk_migrations if label == app)[-2:],
] for app in %r}))
"""


@dataclass
class Troubled:
    """A site of its own on copies of a database; ``newest``: of each app the last two names."""

    check: Check
    folder: Path
    newest: dict[str, tuple[str, str]]

    @property
    def apps(self) -> dict[str, str]:
        return APPS[self.check.project]

    def name_of(self, trouble: str, place: int = -1) -> str:
        return self.newest[self.apps[trouble]][place]

    def manage(self, command: str, *words: str) -> Done:
        here = ("--settings", "troubled_settings", "--pythonpath", str(self.folder))
        return self.check.manage(self.check.name("troubled"), command, *here, *words)

    def safely(self, *words: str) -> None:
        done = self.manage("migrate_safe", *words, "--noinput", "--skip-checks", "-v", "0")
        self.check.note(
            f"troubles: migrate_safe {' '.join(words)}", done.err if done.code else None
        )

    def file(self, trouble: str, name: str) -> Path:
        return self.folder / "troubled" / self.apps[trouble] / f"{name}.py"


def troubles(check: Check) -> None:
    """Each one prepared on a copy, and named right by each format."""
    for name in ("troubled", "other"):
        check.server.create(check.name(name), template=check.name("safe"))
    with tempfile.TemporaryDirectory() as folder:
        site = with_copied_migrations(check, Path(folder))
        prepare(site)
        for form in FORMATS:
            done = site.manage("migration_report", "--all-databases", "--format", form)
            told = plain(done.out, form)
            sound = done.code == 0 and "Traceback" not in done.err
            check.note(f"troubles: {form}", None if sound else done.err[-2000:])
            for trouble, words in expected(site, form):
                found = re.search(words, told, re.DOTALL)
                check.note(f"troubles: {trouble} as {form}", None if found else f"no {words}")
    print(f"  troubles: {len(site.apps)} in {len(FORMATS)} formats", flush=True)


def plain(text: str, form: str) -> str:
    if form == "html":
        return unescape(text)
    return text.replace("\\_", "_") if form == "markdown" else text


def with_copied_migrations(check: Check, folder: Path) -> Troubled:
    apps = sorted(APPS[check.project].values())
    done = check.manage(check.name("troubled"), "shell", "-v", "0", "-c", WHERE % apps)
    if done.code:
        raise SystemExit(f"The migrations could not be found:\n{done.err[-2000:]}")
    found = json.loads(done.out.splitlines()[-1])
    for app, (place, _) in found.items():
        shutil.copytree(place, folder / "troubled" / app)
    modules = {app: f"troubled.{app}" for app in apps}
    other = check.server.address(check.name("other"))
    settings = SETTINGS.format(project=check.project, modules=modules, other=other)
    (folder / "troubled_settings.py").write_text(settings)
    return Troubled(check, folder, {app: tuple(names) for app, (_, names) in found.items()})


def prepare(site: Troubled) -> None:
    # While all is well yet: what the journal and Django's records have to say.
    for trouble in ("faked", "partly squashed"):
        site.safely(site.apps[trouble], site.name_of(trouble, -2), "--fake")
    site.safely(site.apps["faked"], "--fake")
    forget(site, "troubled", site.apps["inconsistent"], site.name_of("inconsistent", -2))
    forget(site, "other", site.apps["different"], site.name_of("different"))
    # Then the files.
    site.file("ghost", site.name_of("ghost")).unlink()
    edited = site.file("edited", site.name_of("edited"))
    edited.write_text(edited.read_text() + "\nEDITED = True\n")
    shutil.copyfile(site.file("conflict", site.name_of("conflict")), site.file("conflict", TWIN))
    app = site.apps["partly squashed"]
    replaces = [(app, name) for name in site.newest[app]]
    site.file("partly squashed", squashed(site)).write_text(SQUASHED.format(replaces=replaces))


def expected(site: Troubled, form: str) -> Iterator[tuple[str, str]]:
    """Of each trouble a pattern that is in the report as ``form``."""
    for trouble, app in site.apps.items():
        name = squashed(site) if trouble == "partly squashed" else site.name_of(trouble)
        label = re.escape(f"{app}.{TWIN if trouble == 'conflict' else name}")
        if trouble == "faked":
            yield trouble, FAKED[form].format(app=app, label=label, name=re.escape(name))
        elif trouble == "conflict":
            yield trouble, PROBLEM[form].format(kind=trouble, told=rf"{app} has 2 newest .*?{TWIN}")
        else:
            yield trouble, PROBLEM[form].format(kind=trouble, told=label)


def squashed(site: Troubled) -> str:
    one, other = site.newest[site.apps["partly squashed"]]
    return f"{one}_squashed_{other}"


def forget(site: Troubled, database: str, app: str, name: str) -> None:
    path = site.check.server.address(site.check.name(database))
    with closing(sqlite3.connect(path)) as connection, connection:
        sql = "DELETE FROM django_migrations WHERE app = ? AND name = ?"
        assert connection.execute(sql, (app, name)).rowcount == 1, name
