"""Why something differs: what history, files and the journal of `migrate_safe` tell of it."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection, migrations, models

from tests.helpers import Project, changes_tables, model, record_applied, sql
from tests.test_drift import drift, told

pytestmark = changes_tables

COLOR = migrations.AddField("item", "color", models.CharField(max_length=9, null=True))


def cause() -> str:
    (difference,) = drift()["differences"]
    return str(difference["cause"])


def write_shop(project: Project) -> None:
    project.migration("0001_initial", model("Item", size=models.IntegerField(null=True)))
    project.migration("0002_color", COLOR)
    project.write("shop/models.py")  # or Django tells no app that `migrate` begins


def edit(project: Project, old: str, new: str) -> None:
    """The file of the second migration, and what this process knows of it."""
    file = project.folder / "shop/migrations/0002_color.py"
    text = file.read_text()
    assert old in text
    project.remove("0002_color")
    project.source("0002_color", text.replace(old, new))


def migrate_safe(*target: str, **options: bool) -> None:
    call_command("migrate_safe", *target, interactive=False, verbosity=0, **options)


def test_a_migration_without_a_file_any_more(project: Project) -> None:
    write_shop(project)
    with project.installed():
        project.migrate()
        project.remove("0002_color")
        assert told(drift()) == [("shop_item", "column", "extra")]
        assert (
            cause() == "perhaps made by shop.0002_color, which is applied and has no file any more"
        )


def test_one_that_was_taken_back_with_fake_only(project: Project) -> None:
    write_shop(project)
    with project.installed():
        project.migrate()
        record_applied(("shop", "0002_color"), applied=False)
        assert told(drift()) == [("shop_item", "column", "extra")]
        assert cause() == (
            "shop.0002_color makes it and is not recorded as applied: stopped half way, or taken "
            "back with --fake"
        )


def test_one_that_was_faked(project: Project) -> None:
    """A plain `migrate` leaves no note of it, so that is one of several ways."""
    write_shop(project)
    with project.installed():
        project.migrate("shop", "0001")
        project.migrate("shop", fake=True)
        assert told(drift()) == [("shop_item", "column", "missing")]
        assert cause() == (
            "shop.0002_color is recorded as applied: it was faked or edited afterwards, or this "
            "was taken away by hand"
        )


def test_the_journal_knows_what_was_faked(project: Project) -> None:
    write_shop(project)
    with project.installed():
        migrate_safe("shop", "0001")
        migrate_safe("shop", fake=True)
        assert cause() == "shop.0002_color was faked, in run 2 of migrate_safe"


def test_the_journal_knows_what_was_edited_since(project: Project) -> None:
    write_shop(project)
    with project.installed():
        migrate_safe()
        edit(project, "max_length=9", "max_length=12")
        assert told(drift()) == [("shop_item", "column", "changed")]
        assert cause() == "shop.0002_color was edited after run 1 of migrate_safe had applied it"
        edit(project, "color", "colour")
        causes = {d["way"]: d["cause"] for d in drift()["differences"]}
    assert causes == {
        "extra": "perhaps made by shop.0002_color, which was edited after it was applied",
        "missing": "shop.0002_color was edited after run 1 of migrate_safe had applied it",
    }


def test_the_journal_knows_that_it_was_there(project: Project) -> None:
    write_shop(project)
    with project.installed():
        migrate_safe()
        sql("ALTER TABLE shop_item DROP COLUMN color")
        assert cause() == (
            "taken away by hand, after run 1 of migrate_safe had applied shop.0002_color"
        )


def test_what_raw_sql_has_made(project: Project) -> None:
    project.migration("0001_initial", model("Item", size=models.IntegerField()))
    raw = migrations.RunSQL("CREATE INDEX by_sql ON shop_item (size)", migrations.RunSQL.noop)
    project.migration("0002_raw", raw)
    with project.installed():
        project.migrate()
        sql(f"DROP INDEX by_sql{' ON shop_item' if connection.vendor == 'mysql' else ''}")
        assert cause() == (
            "shop.0002_raw is recorded as applied: it was faked or edited afterwards, or this was "
            "taken away by hand"
        )


def test_what_nobody_has_written_down(project: Project) -> None:
    write_shop(project)
    with project.installed():
        project.migrate()
        sql("ALTER TABLE shop_item ADD COLUMN more integer")
        assert cause() == "made by hand, or by SQL that is in no migration"
