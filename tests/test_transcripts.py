"""What the pages show of the commands is what the commands print, answer for answer.

``<!-- replayed on sqlite -->`` in a page: the commands of the console blocks below it are run, in
order, on an empty database of that engine (``, loaded``: migrated and filled with the cars), by the
run of the tests that is on that engine. ``<!-- not replayed -->`` ends it. A line of an answer that
is "..." stands for any lines. ``--update-golden`` writes the answers of today into the pages.
"""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from tests.helpers import EXAMPLE, ROOT
from tests.settings import ENGINE
from tests.twins import database

PAGES = [ROOT / "README.md", EXAMPLE / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
DIRECTIVE = re.compile(
    r"<!-- (?:replayed on (?P<engine>\w+)(?P<loaded>, loaded)?|not replayed) -->"
)
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
QUESTION = "[y/N] "
ANY_VERSION = re.compile(r"\b(SQLite|PostgreSQL|MariaDB|MySQL) [\d.]+")
PLACES = re.compile(r"/\S*/(?=site-packages/|(?:Cars|Inspections)/migrations/)")
PREPARATION = ("migrate --verbosity=0", "load_cars")


def parts(page: str) -> list[tuple[str | None, bool, str]]:
    """The page cut at its directives: the engine that the part is replayed on, loaded, text."""
    cuts = list(DIRECTIVE.finditer(page))
    starts = [0, *(cut.start() for cut in cuts)]
    ends = [*(cut.start() for cut in cuts), len(page)]
    told = [(None, False), *((cut["engine"], bool(cut["loaded"])) for cut in cuts)]
    return [
        (engine, loaded, page[start:end])
        for (engine, loaded), start, end in zip(told, starts, ends, strict=True)
    ]


REPLAYED = [page for page in PAGES if any(part[0] == ENGINE for part in parts(page.read_text()))]


class Shell:
    """Runs the commands of the pages in the example project, on one database."""

    def __init__(self, alias: str) -> None:
        self.name = str(connections[alias].settings_dict["NAME"])
        self.host = str(connections[alias].settings_dict["HOST"])
        self.code = 0
        self.environment = {
            **os.environ,
            "DJANGO_COLORS": "nocolor",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "MIGRATION_TOOLS_DB": ENGINE,
            "MIGRATION_TOOLS_DB_NAME": self.name,
            "PYTHONUNBUFFERED": "1",  # so that both streams come in their order
            "TERM": "dumb",
        }

    def answer(self, command: str, shown: str) -> str:
        """What is printed; ``shown`` tells whether somebody is there to ask, and what they say."""
        if command == "echo $?":
            return f"{self.code}\n"
        words = shlex.split(command)
        if words[:2] != ["python", "manage.py"]:
            return shown
        line = [sys.executable, *words[1:]]
        said = shown.partition(QUESTION)[2].partition("\n")[0]
        printed = self.ask(line, said) if QUESTION in shown else self.run(line)
        return self.plain(printed)

    def run(self, line: list[str]) -> str:
        done = subprocess.run(
            line,
            cwd=EXAMPLE,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        self.code = done.returncode
        return done.stdout

    def ask(self, line: list[str], said: str) -> str:
        outside, inside = pty.openpty()
        with subprocess.Popen(
            line, cwd=EXAMPLE, env=self.environment, stdin=inside, stdout=inside, stderr=inside
        ) as process:
            os.close(inside)
            printed = b""
            answered = False
            for chunk in chunks(outside):
                printed += chunk
                if not answered and QUESTION.encode() in printed:
                    os.write(outside, f"{said}\n".encode())
                    answered = True
        os.close(outside)
        self.code = process.returncode
        return printed.decode().replace("\r\n", "\n")

    def plain(self, printed: str) -> str:
        """Without the names that another machine would not have."""
        name = "cars.sqlite3" if ENGINE == "sqlite" else "cars"
        printed = printed.replace(self.name, name)
        if self.host:
            printed = printed.replace(f"{name} at {self.host}", f"{name} at 127.0.0.1")
        return PLACES.sub(".../", printed)


def chunks(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # the other side is closed
            return
        if not chunk:
            return
        yield chunk


def replayed(block: str, answer: Callable[[str, str], str]) -> str:
    """The block with the answers of today; those that are shown stay if they say the same."""
    told = ""
    for exchange in re.split(r"^(?=\$ )", block, flags=re.MULTILINE):
        if not exchange:
            continue
        command, shown = cut(exchange)
        now = answer(command, shown)
        told += f"$ {command}\n{shown if says(shown, now) else now}"
    return told


def cut(exchange: str) -> tuple[str, str]:
    """The command, as many lines as its quotes are open, and what it printed."""
    lines = exchange.removeprefix("$ ").splitlines(keepends=True)
    for count in range(1, len(lines) + 1):
        command = "".join(lines[:count])
        try:
            shlex.split(command)
        except ValueError:
            continue
        return command.rstrip("\n"), "".join(lines[count:])
    raise ValueError(f"quotes are left open in: {exchange}")


def says(shown: str, now: str) -> bool:
    pattern = re.escape(ANY_VERSION.sub(r"\1", shown))
    pattern = re.sub(r"(?m)^(?:\\ )*\\\.\\\.\\\.\n", "(?:.*\n)*?", pattern.replace("\\\n", "\n"))
    return re.fullmatch(pattern, ANY_VERSION.sub(r"\1", now)) is not None


@pytest.mark.parametrize("page", REPLAYED, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_show_what_is_printed(
    page: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    django_db_blocker: DjangoDbBlocker,
) -> None:
    told = []
    for number, (engine, loaded, text) in enumerate(parts(page.read_text())):
        if engine != ENGINE:
            told.append(text)
            continue
        with django_db_blocker.unblock(), database("cars", file=tmp_path / f"{number}") as alias:
            shell = Shell(alias)
            for call in PREPARATION if loaded else ():
                shell.run([sys.executable, "manage.py", *call.split()])
            told.append(
                BLOCK.sub(lambda block, shell=shell: replayed(block[0], shell.answer), text)
            )
    if request.config.getoption("--update-golden"):
        page.write_text("".join(told))
    assert "".join(told) == page.read_text()


def test_every_engine_is_shown() -> None:
    """Else a run on it would have nothing to compare."""
    told = {engine for page in PAGES for engine, _, _ in parts(page.read_text())}
    assert told == {None, "sqlite", "postgresql", "mariadb", "mysql"}
