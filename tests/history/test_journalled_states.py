"""What only the journal knows of a migration: who ran it and how, and what became of its file."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.recorder import MigrationRecorder

from migration_tools.history import journalled
from migration_tools.history.statuses import Kind, Mark, MigrationStatus
from migration_tools.history.survey import survey
from tests.helpers import Project, changes_tables, insert, model

pytestmark = changes_tables


@pytest.fixture
def shop(project: Project) -> Project:
    project.migration("0001_initial", model("Item"))
    project.write("shop/models.py")  # Django announces a plan to apps that have models
    project.migration(
        "0002_size", migrations.AddField("Item", "size", models.IntegerField(null=True))
    )
    return project


def run(*target: str, **options: Any) -> None:
    call_command("migrate_safe", *target, stdout=io.StringIO(), interactive=False, **options)


def found(name: str) -> MigrationStatus:
    return next(m for m in survey(connection).migrations() if m.name == name)


def test_by_whom_and_how_long(shop: Project) -> None:
    with shop.installed():
        run("shop")
        migration = found("0002_size")
    assert migration.ran is not None
    assert migration.ran.seconds is not None
    assert "@" in migration.ran.by
    assert migration.marks == ()


def test_faked(shop: Project) -> None:
    with shop.installed():
        run("shop", "0001")
        run("shop", "0002", fake=True)
        assert found("0002_size").marks == (Mark.FAKED,)
        out = io.StringIO()
        call_command("migration_report", format="github", stdout=out)
        assert re.findall("::notice .*::(shop.*)", out.getvalue()) == [
            "shop.0002_size is recorded as applied, and was not run."
        ]
        call_command("migration_report", stdout=out, no_color=True)
        assert re.search(r"shop +2 applied, 1 faked\n", out.getvalue())
        assert found("0001_initial").marks == ()


def test_what_another_migrate_did_later_is_not_ours(shop: Project) -> None:
    with shop.installed():
        run("shop")
        run("shop", "0001", allow_data_loss=True)
        MigrationRecorder(connection).record_applied("shop", "0002_size")
        assert found("0002_size").ran is None


@pytest.mark.parametrize(
    ("before", "after", "marks"),
    [
        ("null=True", "null=True, default=None", (Mark.EDITED,)),
        ("null=True", "null = True", ()),
        ("null=True", "null=(  # yes\n True)", ()),
    ],
)
def test_a_file_that_was_edited_since(
    shop: Project, before: str, after: str, marks: tuple[Mark, ...]
) -> None:
    file = shop.folder / "shop/migrations/0002_size.py"
    with shop.installed():
        run("shop")
    with shop.installed():  # the files are imported anew
        source = file.read_text()
        assert before in source
        shop.source("0002_size", source.replace(before, after, 1))
        assert found("0002_size").marks == marks
        kinds = [problem.kind for problem in survey(connection).problems]
    assert kinds == ([Kind.EDITED] if marks else [])


def test_half_done(shop: Project) -> None:
    """Only where the engine keeps what ran before the failure."""
    shop.migration(
        "0003_half",
        migrations.AddField("Item", "more", models.IntegerField(null=True)),
        migrations.RunSQL("SELECT nonsense FROM nowhere_at_all", migrations.RunSQL.noop),
    )
    with shop.installed():
        run("shop", "0002")
        insert("shop_item", id=[1])
        with pytest.raises(Exception, match="nowhere_at_all"):
            run("shop", allow_data_loss=True)
        marks, problems = found("0003_half").marks, survey(connection).problems
    if connection.features.can_rollback_ddl:
        assert marks == ()
    else:
        assert marks == (Mark.HALF_DONE,)
        assert [problem.kind for problem in problems] == [Kind.HALF_DONE]


def test_what_is_kept_of_it(shop: Project) -> None:
    with shop.installed():
        run("shop")
        insert("shop_item", id=[1], size=[7])
        run("shop", "0001", allow_data_loss=True)
        assert found("0002_size").archives == 1
        assert found("0001_initial").archives == 0
        run("shop")
        assert found("0002_size").archives == 0


def test_only_another_text_is_hashed(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash of every file would be most of what a report takes."""
    with shop.installed():
        run("shop")
        hashed: list[str] = []
        monkeypatch.setattr(journalled, "source_hash", lambda text: hashed.append(text) or "")
        assert found("0002_size").marks == ()
        assert hashed == []
        file = shop.folder / "shop/migrations/0002_size.py"
        file.write_text(file.read_text() + "# more\n")
        assert found("0002_size").marks == ()
    assert [text[-7:] for text in hashed] == ["# more\n"]
