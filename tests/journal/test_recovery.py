"""A step that stopped half-way: what is said of it, and how it goes on; on every engine.

Where DDL has no transaction every step can stop half-way, elsewhere one with ``atomic = False``.
"""

from __future__ import annotations

import re
from typing import Any
from unittest import mock

import pytest
from django.db import connections, models
from django.db.backends.utils import CursorWrapper
from django.db.migrations import AddField, CreateModel

from migration_tools.execution import recovery
from migration_tools.journal import Journal, Outcome
from tests.gate.shared import plain, safe
from tests.helpers import Project, key
from tests.twins import Outcome as Told
from tests.twins import command_line, records, state

WORDS = ("--noinput", "--allow-data-loss", "--allow-opaque", "--skip-checks")


def told(alias: str, *words: str) -> Told:
    return command_line("migrate_safe", *words, *WORDS, "--database", alias)


def half_way(project: Project, *, operations: str = "") -> None:
    """A step with a table it needs made by hand before its third operation can run."""
    project.write("shop/models.py")
    project.migration("0001_initial", CreateModel("A", [key()]))
    project.source(
        "0002_more",
        "from django.db import migrations, models\n"
        "class Migration(migrations.Migration):\n"
        "    atomic = False\n"
        "    dependencies = [('shop', '0001_initial')]\n"
        "    operations = [\n"
        "        migrations.AddField('A', 'n', models.IntegerField(null=True)),\n"
        "        migrations.CreateModel('B', [('id', models.BigAutoField(primary_key=True)),\n"
        "            ('a', models.ForeignKey('shop.A', models.CASCADE))]),\n"
        f"        {operations or SQL}\n"
        "        migrations.AddField('A', 'm', models.IntegerField(null=True)),\n"
        "    ]\n",
    )
    project.migration("0003_later", CreateModel("C", [key()]), after=[("shop", "0002_more")])


SQL = "migrations.RunSQL('INSERT INTO shop_needed (id) VALUES (1)', 'DELETE FROM shop_needed'),"


def mend(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("CREATE TABLE shop_needed (id integer)")


def tables(alias: str) -> set[str]:
    with connections[alias].cursor() as cursor:
        return set(connections[alias].introspection.table_names(cursor))


def test_forwards(project: Project, alias: str) -> None:
    half_way(project)
    with project.installed():
        outcome = told(alias, "shop")
        assert outcome.code == 1
        assert "Run 1 stopped in shop.0002_more at “Raw SQL operation”, half-way; 1 of 3" in (
            outcome.err
        )
        for line in ("done         Add field n to A", "done         Create model B"):
            assert line in outcome.err
        assert "failed       Raw SQL operation" in outcome.err
        assert "not started  Add field m to A" in outcome.err
        assert "manage.py migrate_safe --resume" in outcome.err
        status = told(alias, "--status")
        assert status.code == 0, status.err
        assert "shop.0002_more stopped half-way in run 1:" in status.out
        assert "done         Create model B" in status.out
        assert "stopped half-way in run 1" in told(alias, "shop", "0001").err
        mend(alias)
        outcome = told(alias, "--resume")
        assert outcome.code == 0, outcome.err
        assert "Finish shop.0002_more of run 1" in outcome.out
        assert "Applying shop.0003_later... OK" in outcome.out
        assert records(alias)[-1] == ("shop", "0003_later")
        assert {"shop_a", "shop_b", "shop_c"} <= tables(alias)
        assert "half-way" not in told(alias, "--status").out
        # As if it had never stopped: the same schema, also what was left to the step's end.
        resumed = state(alias)
        told(alias, "shop", "zero")
        plain(alias, "shop")
        assert state(alias)["shop_a"] == resumed["shop_a"]
        assert state(alias)["shop_b"] == resumed["shop_b"]


def test_backwards(project: Project, alias: str) -> None:
    half_way(project)
    mend(alias)
    with project.installed():
        assert told(alias, "shop").code == 0
        with connections[alias].cursor() as cursor:
            cursor.execute("DROP TABLE shop_needed")
        outcome = told(alias, "shop", "0001")
        assert outcome.code == 1
        assert "done         Add field m to A" in outcome.err
        assert "not started  Add field n to A" in outcome.err
        mend(alias)
        outcome = told(alias, "--resume")
        assert outcome.code == 0, outcome.err
        assert records(alias)[-1] == ("shop", "0001_initial")
        assert "shop_b" not in tables(alias)


def test_the_clean_up_cleans_up(project: Project, alias: str) -> None:
    half_way(project)
    with project.installed():
        told(alias, "shop", "0001")
        before = state(alias)
        err = told(alias, "shop").err
        _, _, listed = err.partition("take by hand back what is there:\n")
        statements = re.findall(r"^    ([A-Z].+);$", listed, re.MULTILINE)
        assert statements
        with connections[alias].cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        assert state(alias) == before
        mend(alias)
        assert told(alias, "shop").code == 0
        assert recovery.half_done(connections[alias]) is None


def test_tables_that_were_changed_since(project: Project, alias: str) -> None:
    half_way(project, operations="migrations.RunPython(lambda apps, editor: 1 / 0),")
    with project.installed():
        assert told(alias, "shop").code == 1
        with connections[alias].cursor() as cursor:
            cursor.execute("ALTER TABLE shop_a ADD COLUMN other integer")
        before = state(alias)
        # The operation that failed had done nothing, so nothing tells that the table has changed;
        # what runs next does not touch that column.
        assert "ZeroDivisionError" in told(alias, "--resume").err
        assert state(alias) == before


def kill_at(number: int) -> Any:
    """A statement after which this process would not have come to the next one."""

    class Killed(BaseException):
        pass

    seen = []

    execute = CursorWrapper._execute

    def stop(self: Any, sql: str, *args: Any) -> Any:
        if re.match(r"\s*(ALTER|CREATE|DROP|RENAME)", sql) and "migration_tools_" not in sql:
            seen.append(sql)
            if len(seen) > number:
                raise Killed
        return execute(self, sql, *args)

    # Behind all wrappers: what is written down before a statement has been.
    return mock.patch.object(CursorWrapper, "_execute", stop), Killed


def test_a_step_whose_statement_was_running(project: Project, alias: str) -> None:
    """Whether it has run is read from the table, not from the journal."""
    half_way(project)
    mend(alias)
    with project.installed():
        safe(alias, "shop", "0001")
        wrapper, killed = kill_at(1)
        with wrapper, pytest.raises(killed):
            safe(alias, "shop", allow_opaque=True)
        half = recovery.half_done(connections[alias])
        assert half is not None
        current = next(notes for notes in half.notes if notes.progress == "failed")
        statement = current.statements[current.finished].sql
        with connections[alias].cursor() as cursor:
            cursor.execute(statement)  # the server had got it after all
        outcome = told(alias, "--resume")
        assert outcome.code == 0, outcome.err
        assert records(alias)[-1] == ("shop", "0003_later")


BIGGER = "migrations.AlterField('A', 'n', models.BigIntegerField())"
TOGETHER = "migrations.AlterUniqueTogether('A', [('m', 'n')])"
#: What is dropped first, and what the operation does then. Begun anew, it finds nothing to drop.
DROPPED_FIRST = {
    "unique key": ("models.IntegerField(unique=True)", BIGGER),
    "index": ("models.IntegerField(db_index=True)", BIGGER),
    "check": ("models.PositiveIntegerField()", BIGGER),
    "primary key": (
        "models.IntegerField()",
        "migrations.AlterField('A', 'code', models.CharField(max_length=9, unique=True))",
    ),
    "unique together": ("models.IntegerField()", TOGETHER),
    # MySQL and MariaDB make an index for the foreign key before.
    "unique together with a foreign key": ("models.ForeignKey('A', models.CASCADE)", TOGETHER),
}


@pytest.mark.parametrize("dropped", DROPPED_FIRST)
def test_what_is_dropped_before_a_column_changes(
    project: Project, alias: str, dropped: str
) -> None:
    """SQLite makes the table anew instead, but for an index."""
    field, operation = DROPPED_FIRST[dropped]
    vendor = connections[alias].vendor
    project.write("shop/models.py")
    code = "('code', models.CharField(max_length=9, primary_key=True))"
    other = "('m', models.IntegerField())"
    together = "{'unique_together': {('n', 'm')}}" if "together" in dropped else "{}"
    for name, after, operations in (
        (
            "0001_initial",
            "",
            f"migrations.CreateModel('A', [{code}, ('n', {field}), {other}], options={together})",
        ),
        ("0002_other", "('shop', '0001_initial')", operation),
    ):
        project.source(
            name,
            "from django.db import migrations, models\n"
            "class Migration(migrations.Migration):\n"
            "    atomic = False\n"
            f"    dependencies = [{after}]\n"
            f"    operations = [{operations}]\n",
        )
    with project.installed():
        safe(alias, "shop", "0001")
        wrapper, killed = kill_at(2 if vendor == "mysql" and "foreign" in dropped else 1)
        with wrapper, pytest.raises(killed):
            safe(alias, "shop")
        if vendor == "sqlite" and "together" not in dropped:
            assert "had written rows before it stopped" in told(alias, "--resume").err
            return
        half = recovery.half_done(connections[alias])
        assert half is not None
        assert "DROP " in half.notes[0].statements[half.notes[0].finished - 1].sql
        outcome = told(alias, "--resume")
        assert outcome.code == 0, outcome.err
        resumed = state(alias)
        told(alias, "shop", "zero")
        plain(alias, "shop")
        assert state(alias)["shop_a"] == resumed["shop_a"]


def test_an_operation_that_begins_otherwise(project: Project, alias: str) -> None:
    made = [f"CREATE INDEX {name} ON shop_a (id)" for name in ("mine", "other")]
    half_way(project, operations=f"migrations.RunSQL({made}),")
    with project.installed():
        safe(alias, "shop", "0001")
        wrapper, killed = kill_at(3)
        with wrapper, pytest.raises(killed):
            safe(alias, "shop", allow_opaque=True)
        half = recovery.half_done(connections[alias])
        assert half is not None
        assert [note.sql for note in half.notes[2].statements[:1]] == made[:1]
    path = project.folder / "shop" / "migrations" / "0002_more.py"
    path.write_text(path.read_text().replace("mine", "changed"))
    with project.installed():
        assert "would not begin as it did" in told(alias, "--resume").err


def test_a_statement_that_was_refused_and_a_table_changed_since(
    project: Project, alias: str
) -> None:
    half_way(
        project,
        operations="migrations.RunSQL('ALTER TABLE shop_a ADD COLUMN n integer', 'SELECT 1'),",
    )
    with project.installed():
        assert told(alias, "shop").code == 1
        quote = connections[alias].ops.quote_name
        half = recovery.half_done(connections[alias])
        assert half is not None
        failed = next(notes for notes in half.notes if notes.progress == "failed")
        assert failed.refused
        failed.statements[0].sql = f"ALTER TABLE {quote('shop_a')}"
        with connections[alias].cursor() as cursor:
            cursor.execute("ALTER TABLE shop_a ADD COLUMN other integer")
        with pytest.raises(recovery.Refused, match="Somebody has changed them since"):
            recovery._look("x", failed, recovery.for_connection(connections[alias]))


# --- committed and not recorded ---------------------------------------------------------------


@pytest.mark.parametrize("backwards", [False, True])
def test_a_step_that_was_not_recorded(
    project: Project, alias: str, backwards: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django records most steps in another transaction than their own."""
    project.write("shop/models.py")
    project.migration("0001_initial", CreateModel("A", [key()]))
    fk = models.ForeignKey("shop.A", models.CASCADE)
    project.migration("0002_b", CreateModel("B", [key(), ("a", fk)]))
    project.migration("0003_n", AddField("B", "n", models.IntegerField(null=True)))

    def dies(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with project.installed():
        safe(alias, "shop", "0001")
        if backwards:
            safe(alias, "shop", "0002")
        name = "record_unapplied" if backwards else "record_applied"
        with monkeypatch.context() as patch:
            patch.setattr(f"django.db.migrations.recorder.MigrationRecorder.{name}", dies)
            outcome = told(alias, "shop", "0001" if backwards else "0002")
        assert outcome.code == 1
        assert "Traceback" not in outcome.err
        if ("shop_b" in tables(alias)) == backwards:  # recorded within the step, so rolled back
            return
        status = told(alias, "--status")
        assert "which died before it was recorded. The next migrate_safe" in status.out
        outcome = told(alias, "shop", "0001" if backwards else "0002")
        assert outcome.code == 0, outcome.err
        assert "It is now." in outcome.err
        assert "No migrations to apply." in outcome.out
        assert records(alias)[-1] == ("shop", "0001_initial" if backwards else "0002_b")
        assert Journal(connections[alias]).steps(2 + backwards)[-1].outcome is Outcome.DONE
        assert told(alias, "shop").code == 0


def test_rows_that_would_be_written_twice(project: Project, alias: str) -> None:
    half_way(
        project,
        operations="migrations.RunSQL(['INSERT INTO shop_a (n) VALUES (1)',"
        " 'INSERT INTO shop_needed (id) VALUES (1)']),",
    )
    with project.installed():
        assert told(alias, "shop").code == 1
        mend(alias)
        before = state(alias)
        assert "had written rows before it stopped" in told(alias, "--resume").err
        assert state(alias) == before


def test_nothing_to_resume(project: Project, alias: str) -> None:
    project.write("shop/models.py")
    project.migration("0001_initial", CreateModel("A", [key()]))
    with project.installed():
        assert "there is nothing to resume" in told(alias, "--resume").err
        safe(alias, "shop")
        assert "there is nothing to resume" in told(alias, "--resume").err


def test_a_run_that_stopped_between_two_steps_goes_on(project: Project, alias: str) -> None:
    project.write("shop/models.py")
    flag = project.folder / "flag"
    project.migration("0001_initial", CreateModel("A", [key()]))
    project.source(
        "0002_once",
        "from pathlib import Path\n"
        "from django.db import migrations\n"
        "def once(apps, editor):\n"
        f"    if not Path({str(flag)!r}).exists():\n"
        "        raise ValueError('not yet')\n"
        "class Migration(migrations.Migration):\n"
        "    dependencies = [('shop', '0001_initial')]\n"
        "    operations = [migrations.RunPython(once, migrations.RunPython.noop)]\n",
    )
    project.migration("0003_later", CreateModel("C", [key()]), after=[("shop", "0002_once")])
    with project.installed():
        outcome = told(alias, "shop")
        assert "Nothing of this step stayed; 1 of 3 steps done" in outcome.err
        flag.touch()
        assert told(alias, "--resume").code == 0
    assert records(alias)[-1] == ("shop", "0003_later")
