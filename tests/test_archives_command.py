"""`migration_archives` where nothing was archived, and what it does not take."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection

from tests.helpers import changes_tables, refusal, tables_kept
from tests.twins import command_line

pytestmark = changes_tables


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    with tables_kept():
        yield


def test_no_archives() -> None:
    out = io.StringIO()
    call_command("migration_archives", stdout=out)
    assert out.getvalue() == "No archives.\n"
    out = io.StringIO()
    call_command("migration_archives", "list", format="json", stdout=out)
    assert json.loads(out.getvalue()) == {"version": 1, "database": "default", "archives": []}
    assert "migration_tools_archive" not in connection.introspection.table_names()


def test_a_number_that_nobody_gave() -> None:
    for action in ("show", "restore", "export", "purge"):
        message = refusal("migration_archives", action, "7")
        assert message.startswith("There is no archive 7 on 'default'.\n")


def test_an_alias_that_is_not_there() -> None:
    assert refusal("migration_archives", database="nowhere").startswith("There is no database")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("list --keep 3", "--keep is not for list."),
        ("show 1 --older-than 3d", "--older-than is not for show."),
        ("list --noinput", "--noinput is not for list."),
        ("show", "show takes the number of one archive."),
        ("export 1 2", "export takes the number of one archive."),
        ("list 3", "list takes no number."),
        ("show 1 --format csv", "--format csv is not for show; it takes text or json."),
        ("export 1 --format json", "--format json is not for export; it takes csv or jsonl."),
        ("purge --older-than soon", "invalid age value: 'soon'"),
        ("purge --keep -1", "invalid number value: '-1'"),
        ("show x", "invalid number value: 'x'"),
        ("destroy", "invalid choice: 'destroy'"),
    ],
)
def test_wrong_usage(words: str, said: str) -> None:
    outcome = command_line("migration_archives", *words.split())
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.code == 2
