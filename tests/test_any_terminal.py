"""Reports where the output is odd: closed, unwritable, narrow, without colours or letters."""

from __future__ import annotations

import fcntl
import html
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import migrations, models

from tests.helpers import EXAMPLE, ROOT, SETTINGS, Project, changes_tables, is_clear, model, refusal

pytestmark = [changes_tables, pytest.mark.engine_neutral]

ARABIC = "0002_\u0627\u0644\u0627\u0633\u0645_\N{AUTOMOBILE}"
COMMANDS = {
    "migration_report": ("migration_report", "shop"),
    "migration_plan": ("migration_plan", "shop"),
    "migration_diff": ("migration_diff", "shop", "zero", "latest"),
}
RUN = ("migrate_safe", "--noinput", "shop", "0001")
EVERY = pytest.mark.parametrize("command", COMMANDS)
FORMATS = ("text", "json", "markdown", "github", "html")


@pytest.fixture
def shop(project: Project) -> Project:
    """Its database is not there yet, so that everything is pending."""
    project.migration("0001_initial", model("Item", {"db_table": "straße"}))
    project.migration(
        ARABIC, migrations.AddField("item", "größe", models.IntegerField(null=True, db_column="ñ"))
    )
    project.migration(
        "0003_code",
        migrations.AddField("item", "code", models.IntegerField(unique=True, default=1)),
        migrations.RunSQL("SELECT 1"),
    )
    apps = [*project.others, *project.labels]
    project.write("site_settings.py", SETTINGS.format(apps=apps, databases=file_of(project)))
    return project


def file_of(project: Project) -> Mapping[str, Any]:
    file = project.folder / "site.sqlite3"
    return {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}}


def run(project: Project, command: str, *words: str, **environment: str) -> Any:
    return project.manage(
        *COMMANDS[command], *words, databases=file_of(project), environment=environment
    )


def environment_of(project: Project, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "site_settings",
        "PYTHONPATH": os.pathsep.join([str(project.folder), str(ROOT), str(EXAMPLE)]),
        **more,
    }


def on_terminal(
    project: Project, command: str, *words: str, columns: int, **environment: str
) -> tuple[int, str]:
    """The exit code, and what a terminal of this width is sent."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kept = {k: v for k, v in environment_of(project, **environment).items() if k != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-m", "django", *COMMANDS.get(command, RUN), *words],
        cwd=project.folder,
        env={**kept, "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    told = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        told += part
    _, errors = process.communicate(timeout=60)
    os.close(ours)
    assert b"Traceback" not in errors, errors.decode()
    return process.returncode, told.decode().replace("\r\n", "\n")


# --- where it goes ----------------------------------------------------------------------------


@EVERY
def test_output_that_cannot_be_written(shop: Project, tmp_path: Path, command: str) -> None:
    (tmp_path / "folder").mkdir()
    kept = sorted(os.listdir(tmp_path))
    name, *words = COMMANDS[command]
    with shop.installed():
        for form in FORMATS:
            for place in ("folder", "missing/report.txt", "x" * 300):
                output = f"{tmp_path}/{place}"
                message = refusal(name, *words, output=output, format=form)
                assert message.startswith(f"Cannot write {output}: ")
                assert is_clear(message)
    assert sorted(os.listdir(tmp_path)) == kept


@EVERY
@pytest.mark.parametrize("form", FORMATS)
def test_a_reader_who_leaves(shop: Project, command: str, form: str) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "django", *COMMANDS[command], "--format", form],
            cwd=shop.folder,
            env=environment_of(shop),
            stdin=subprocess.DEVNULL,
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == 141
    assert done.stderr == b""


# --- what it can show -------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("form", FORMATS)
def test_letters_of_every_script(shop: Project, command: str, form: str) -> None:
    """Also where the output has only those of ASCII."""
    whole = run(shop, command, "--format", form, PYTHONIOENCODING="utf-8")
    bare = run(shop, command, "--format", form, PYTHONIOENCODING="ascii")
    for done in (whole, bare):
        assert (done.returncode, done.stderr) == (0, "")
    assert bare.stdout.isascii()
    if form != "github" or command == "migration_diff":  # the others have nothing to annotate
        assert ARABIC in whole.stdout.replace("\\_", "_")
    if form == "json":
        assert json.loads(bare.stdout) == json.loads(whole.stdout)
    if form == "html":
        assert html.unescape(bare.stdout) == html.unescape(whole.stdout)


@EVERY
def test_a_narrow_terminal(shop: Project, command: str) -> None:
    words = ["zero", "--offline"] if command == "migration_plan" else []
    code, text = on_terminal(shop, command, *words, "--no-color", columns=40)
    assert code == 0
    assert text.strip()
    if command == "migration_plan":
        indented = [line for line in text.splitlines() if line.startswith("    ")]
        assert any("loses" in line for line in indented)
        assert max(map(len, indented)) <= 40
    wide = on_terminal(shop, command, *words, "--no-color", columns=200)[1]
    assert sorted("".join(text.split())) == sorted("".join(wide.split()))


@EVERY
def test_colours(shop: Project, command: str) -> None:
    escapes = re.compile("\x1b\\[")
    assert escapes.search(on_terminal(shop, command, columns=80)[1])
    assert not escapes.search(on_terminal(shop, command, columns=80, NO_COLOR="1")[1])
    assert not escapes.search(run(shop, command).stdout)
    assert not escapes.search(run(shop, command, TERM="dumb").stdout)
    assert escapes.search(run(shop, command, "--force-color", NO_COLOR="1").stdout)


def test_a_terminal_with_rich_and_without(shop: Project) -> None:
    """Painted differently, and otherwise the same."""
    shop.migration("0003_other", after=[("shop", "0001_initial")])  # two leaves: a problem
    plain = on_terminal(shop, "migration_report", "--no-color", columns=40)
    rich = on_terminal(shop, "migration_report", columns=40)
    shop.write("rich/__init__.py", "raise ImportError")
    without = on_terminal(shop, "migration_report", columns=40)
    assert "in conflict" in plain[1]
    assert rich[1] != without[1]
    for code, text in (rich, without):
        assert (code, re.sub("\x1b\\[[0-9;]*m", "", text)) == plain


def test_no_colours_where_something_is_run(shop: Project) -> None:
    shop.write("shop/models.py")  # Django announces a plan to apps that have models
    code, text = on_terminal(shop, "migrate_safe", columns=80, NO_COLOR="1")
    assert code == 0
    assert "Applying shop.0001_initial" in text
    assert "\x1b[" not in text
    assert "\x1b[" in on_terminal(shop, "migrate_safe", columns=80)[1]


@EVERY
def test_verbosity(shop: Project, command: str) -> None:
    """A report is what was asked for: it is not left out."""
    usual = run(shop, command)
    quiet = run(shop, command, "-v", "0")
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert quiet.stdout == usual.stdout
    assert run(shop, command, "-v", "3").returncode == 0
