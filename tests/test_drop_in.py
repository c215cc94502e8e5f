"""`migrate_safe` next to `migrate`, call by call, on two databases in the same state.

As long as nothing is lost and nothing blocked: the same output, the same exit code, the same
record of migrations, the same schema and the same rows.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command, load_command_class
from django.db import connections
from django.db.migrations import CreateModel, RenameModel
from pytest_django import DjangoDbBlocker

from tests.helpers import Project, key
from tests.twins import (
    Outcome,
    Twins,
    command_line,
    database,
    empty,
    process,
    records,
    state,
    twins,
)

CONTRIB = ("django.contrib.contenttypes", "django.contrib.auth")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Without the database of the other tests."""
    return Project(tmp_path)


@pytest.fixture(scope="module")
def two_databases(django_db_blocker: DjangoDbBlocker) -> Iterator[Twins]:
    with django_db_blocker.unblock(), twins() as both:
        yield both


@pytest.fixture
def two(two_databases: Twins, django_db_blocker: DjangoDbBlocker) -> Iterator[Twins]:
    """Both empty."""
    with django_db_blocker.unblock():
        empty(two_databases.plain)
        empty(two_databases.safe)
        yield two_databases


def compare(
    two: Twins, *calls: str, only_safe: tuple[str, ...] = (), checks: bool = False
) -> list[Outcome]:
    """Each call on both databases; the outcomes of `migrate`.

    ``checks``: where the apps of Django are installed whose checks this process has loaded.
    """
    told = []
    for call in calls:
        words = [*call.split(), *([] if checks else ["--skip-checks"])]
        plain = command_line("migrate", *words, "--database", two.plain)
        safe = command_line("migrate_safe", *words, *only_safe, "--database", two.safe)
        assert safe.out == plain.out, f"output of: {call}"
        assert safe.code == plain.code, f"exit code of: {call}\n{safe.err}"
        # What the project's own Python code raises is for its authors to see.
        assert "Traceback" not in safe.err or "RunPython" in safe.err, call
        if plain.err.startswith("CommandError:"):
            assert safe.err == plain.err, f"error of: {call}"
        assert records(two.safe) == records(two.plain), f"django_migrations after: {call}"
        assert state(two.safe) == state(two.plain), f"database after: {call}"
        told.append(plain)
    return told


def codes(outcomes: list[Outcome]) -> list[int]:
    return [outcome.code for outcome in outcomes]


# --- one story each ---------------------------------------------------------------------------


def test_a_project_from_nothing(project: Project, two: Twins) -> None:
    with project.installed(*CONTRIB, "Cars", "Inspections"):
        told = compare(
            two, "--plan", "--check", "--plan --check", "", "", "--check", "--plan", checks=True
        )
    assert codes(told) == [0, 1, 1, 0, 0, 0, 0]
    assert "Applying Inspections.0004_upper_case_plates... OK" in told[3].out
    assert "No migrations to apply." in told[4].out


def test_there_and_back(project: Project, two: Twins) -> None:
    with project.installed("Cars"):
        told = compare(
            two,
            "Cars 0002",
            "Cars --plan",
            "Cars 0001 --plan",
            "Cars 0001 --check",
            "Cars 0001",
            "Cars",
            "Cars 0002_alter",
            "Cars zero --plan",
            "Cars zero",
            "Cars zero",
        )
    assert codes(told) == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert "Unapplying Cars.0001_initial... OK" in told[8].out


def test_faked(project: Project, two: Twins) -> None:
    with project.installed("Cars"):
        told = compare(
            two,
            "Cars 0001",
            "Cars zero --fake",
            "Cars 0001 --fake-initial",
            "Cars --fake",
            "Cars 0001 --fake",
            "Cars 0002 --fake-initial",
            "--fake",
        )
    assert set(codes(told)) == {0}
    assert "Applying Cars.0001_initial... FAKED" in told[2].out
    assert "Unapplying Cars.0003_specs_color_owner... FAKED" in told[4].out
    assert "Applying Cars.0002_alter_specs_weight... OK" in told[5].out


@pytest.mark.parametrize("verbosity", ["0", "2", "3"])
def test_verbosity(project: Project, two: Twins, verbosity: str) -> None:
    with project.installed("django.contrib.contenttypes", "Cars"):
        told = compare(two, f"-v {verbosity}", f"Cars 0002 -v {verbosity}", f"Cars -v {verbosity}")
    assert set(codes(told)) == {0}
    assert bool(told[0].out) == (verbosity != "0")
    assert ("(time)" in told[0].out) == (verbosity != "0")


def test_colours_and_noinput(project: Project, two: Twins) -> None:
    with project.installed("Cars"):
        told = compare(
            two, "--force-color --noinput", "Cars 0001 --force-color", "--no-color --no-input"
        )
    assert "\x1b[" in told[0].out


def test_rows_that_lose_nothing(project: Project, two: Twins) -> None:
    """Whole weights, no colours, no owners: the way back gives them all back, and nobody asks."""
    quote = connections[two.plain].ops.quote_name
    columns = ", ".join(map(quote, ("name", "price", "weight")))
    with project.installed("Cars"):
        compare(two, "Cars 0001")
        two.query(
            f"INSERT INTO {quote('Cars_specs')} ({columns}) VALUES ('Ami', 7990.00, 485),"
            " ('Twizy', 0, 0), ('2CV', 999999.99, 9999)"
        )
        told = compare(two, "Cars 0002", "Cars 0001", "Cars", "Cars 0002", "Cars 0001")
    assert set(codes(told)) == {0}


def test_renamed_models(project: Project, two: Twins) -> None:
    """contenttypes puts Python code behind each; it is known, and nobody asks about it."""
    project.write("shop/models.py")
    project.migration("0001_initial", CreateModel("A", [key()]))
    project.migration("0002_rename", RenameModel("A", "B"))
    with project.installed("django.contrib.contenttypes"):
        compare(two, "shop 0001", "contenttypes")
        compare(two, "shop", "shop 0001", "shop")
        with connections[two.safe].cursor() as cursor:
            cursor.execute("SELECT model FROM django_content_type WHERE app_label = 'shop'")
            assert cursor.fetchall() in ([("b",)], (("b",),))


def test_apps_without_migrations(project: Project, two: Twins) -> None:
    project.app("bare")
    project.write(
        "bare/models.py",
        "from django.db import models\nclass Thing(models.Model):\n    n = models.IntegerField()\n",
    )
    with project.installed("Cars"):
        told = compare(
            two,
            "",
            "bare",
            "bare --run-syncdb",
            "--run-syncdb",
            "Cars --run-syncdb",
            "Cars 0002 --run-syncdb",
            "--run-syncdb -v 2",
        )
    assert codes(told) == [0, 1, 0, 0, 1, 1, 0]
    assert "Creating table bare_thing" in told[2].out


def test_pruned(project: Project, two: Twins) -> None:
    ghost = "INSERT INTO django_migrations (app, name, applied) VALUES ('{}', '{}', '2020-01-01')"
    with project.installed("Cars", "tests.apps.squashed"):
        compare(two, "")
        two.query(ghost.format("Cars", "0000_ghost"))
        told = compare(two, "--prune", "Cars --prune", "Cars --prune -v 0", "squashed --prune", "")
    assert codes(told) == [1, 0, 0, 0, 0]
    assert "Pruning Cars.0000_ghost OK" in told[1].out


def test_squashed(project: Project, two: Twins) -> None:
    with project.installed("tests.apps.squashed"):
        told = compare(two, "--plan", "", "squashed zero --plan", "squashed zero", "")
    assert set(codes(told)) == {0}


def test_wrong_names(project: Project, two: Twins) -> None:
    project.migration("0001_initial", CreateModel("A", [key()]))
    project.migration("0002_blue", CreateModel("B", [key()]))
    project.migration("0002_red", CreateModel("C", [key()]))
    project.app("bare")
    with project.installed("Cars"):
        told = compare(
            two, "nowhere", "Cars 0009", "shop 0002", "shop 0001", "bare", "shop 0002_r", "Cars ''"
        )
    assert codes(told) == [1, 1, 1, 0, 1, 0, 1]


@pytest.mark.parametrize("words", [["--nonsense"], ["a", "b", "c"], ["--database", "nowhere"]])
def test_wrong_usage(project: Project, words: list[str]) -> None:
    with project.installed("Cars"):
        plain, safe = command_line("migrate", *words), command_line("migrate_safe", *words)
    assert (safe.code, safe.out) == (plain.code, plain.out) == (2, "")


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("RunSQL('SELECT 1 FROM nowhere')", "nowhere"),
        ("RunPython(lambda apps, editor: 1 / 0)", "ZeroDivisionError"),
    ],
)
def test_runs_that_fail(project: Project, two: Twins, operation: str, error: str) -> None:
    """Half of the plan is run, one step fails, and the rest is not run."""
    project.migration("0001_initial", CreateModel("A", [key()]))
    project.source(
        "0002_fails",
        "from django.db import migrations\n"
        "class Migration(migrations.Migration):\n"
        "    dependencies = [('shop', '0001_initial')]\n"
        f"    operations = [migrations.{operation}]\n",
    )
    project.migration("0003_later", CreateModel("B", [key()]), after=[("shop", "0002_fails")])
    with project.installed("Cars"):
        told = compare(two, "shop", "shop", only_safe=("--allow-opaque",))
    assert codes(told) == [1, 1]
    assert error in told[0].err


def test_histories_that_migrate_refuses(project: Project, two: Twins) -> None:
    with project.installed("tests.apps.conflict"):
        told = compare(two, "", "--plan", "conflict zero")
    assert codes(told) == [1, 1, 1]
    with project.installed("tests.apps.missing_parent"):
        assert codes(compare(two, "", "--plan")) == [1, 1]
    with project.installed("Cars"):
        compare(two, "Cars 0002 --fake")
        two.query("DELETE FROM django_migrations WHERE name = '0001_initial'")
        assert codes(compare(two, "", "--check")) == [1, 1]


# --- options and calls ------------------------------------------------------------------------


def options_of(command: str, app: str) -> dict[tuple[str, ...], tuple[Any, ...]]:
    parser = load_command_class(app, command).create_parser("manage.py", command)
    return {
        (*action.option_strings, action.dest): (action.default, action.help, action.nargs)
        for action in parser._actions
    }


def test_every_option_is_there() -> None:
    plain = options_of("migrate", "django.core")
    safe = options_of("migrate_safe", "migration_tools")
    assert plain.items() <= safe.items()
    own = {
        "accept",
        "allow_data_loss",
        "fail_on_loss",
        "allow_opaque",
        "count_timeout",
        "archive",
        "no_archive",
        "no_restore",
        "fill",
        "undo",
        "status",
        "resume",
        "wait",
        "lock_timeout",
        "retries",
    }
    assert {option[-1] for option in safe.keys() - plain.keys()} == own


def test_help(project: Project) -> None:
    plain, safe = command_line("migrate", "--help"), command_line("migrate_safe", "--help")
    assert safe.code == plain.code == 0
    assert "--accept FINGERPRINT" in safe.out


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (("Cars", "0002"), {}),
        ((), {"app_label": "Cars", "migration_name": "0001", "verbosity": 2}),
        (("Cars",), {"fake": True, "interactive": False}),
        (("Cars",), {"plan": True}),
        (("Cars",), {"run_syncdb": False, "fake_initial": True, "skip_checks": True}),
        (("Cars", "zero"), {"verbosity": 0}),
    ],
)
def test_called_by_a_program(
    project: Project, two: Twins, words: tuple[str, ...], options: dict[str, Any]
) -> None:
    with project.installed("Cars"):
        told = []
        for command, alias in (("migrate", two.plain), ("migrate_safe", two.safe)):
            out = io.StringIO()
            answer = call_command(command, *words, database=alias, stdout=out, **options)
            told.append((answer, out.getvalue().partition("(")[0], records(alias)))
    assert told[0] == told[1]


def test_a_call_with_an_unknown_option(project: Project) -> None:
    with pytest.raises(TypeError, match="Unknown option"):
        call_command("migrate_safe", "Cars", nonsense=1)


# --- whole processes --------------------------------------------------------------------------


def test_whole_processes(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    """The example project as a person runs it: from nothing, nothing to do, back."""
    calls = ((), ("Cars", "0001"), ("Cars", "--check"))
    with (
        django_db_blocker.unblock(),
        database("plain", file=tmp_path / "plain") as plain,
        database("safe", file=tmp_path / "safe") as safe,
    ):
        runs = [
            (command, connections[alias].settings_dict["NAME"])
            for command, alias in (("migrate", plain), ("migrate_safe", safe))
        ]
        told = []
        for call in calls:
            with ThreadPoolExecutor() as pool:
                outcomes = list(
                    pool.map(lambda run, call=call: process(run[0], *call, name=run[1]), runs)
                )
            assert outcomes[1].out == outcomes[0].out, call
            assert outcomes[1].code == outcomes[0].code, outcomes[1].err
            assert records(safe) == records(plain), call
            told.append(outcomes[0].code)
        assert state(safe) == state(plain)
    assert told == [0, 0, 1]
