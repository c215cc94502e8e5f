"""Each app under tests/apps is in the situation that its name says, on the engine under test."""

from __future__ import annotations

import copy
import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations import operations
from django.db.migrations.exceptions import (
    BadMigrationError,
    CircularDependencyError,
    InconsistentMigrationHistory,
    IrreversibleError,
    NodeNotFoundError,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from pytest_django import Settings

from tests.settings import ENGINE

# Those whose every step can be taken, and taken back, over the rows that it finds.
THERE_AND_BACK = ["inconsistent", "odd_names", "routed", "squashed"]
if ENGINE == "postgresql":
    THERE_AND_BACK.append("schema_qualified")


def install(settings: Settings, *labels: str) -> None:
    settings.INSTALLED_APPS = [
        *settings.INSTALLED_APPS,
        *(f"tests.apps.{label}" for label in labels),
    ]


def tables() -> set[str]:
    return set(connection.introspection.table_names())


def columns() -> dict[str, set[str]]:
    with connection.cursor() as cursor:
        return {
            table: {
                column.name
                for column in connection.introspection.get_table_description(cursor, table)
            }
            for table in tables()
        }


def applied_apps() -> set[str]:
    return {app for app, _ in MigrationRecorder(connection).applied_migrations()}


def migrate(*target: str) -> None:
    call_command("migrate", *target, verbosity=0, skip_checks=True)


@pytest.fixture
def bare(transactional_db: None) -> Iterator[None]:
    """Whatever a test leaves half-way is removed, so that it spoils no other."""
    before = tables()
    apps = applied_apps()
    yield
    connection.close()  # SQLite: a failed step may leave a transaction open
    with connection.constraint_checks_disabled(), connection.schema_editor() as editor:
        if connection.vendor == "postgresql":
            editor.execute("DROP SCHEMA IF EXISTS elsewhere CASCADE")
        for table in tables() - before:
            editor.execute(editor.sql_delete_table % {"table": editor.quote_name(table)})
    MigrationRecorder(connection).migration_qs.exclude(app__in=apps).delete()


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("label", THERE_AND_BACK)
def test_every_step_can_be_taken_and_taken_back(label: str, settings: Settings) -> None:
    install(settings, label)
    before = columns()
    migrate(label)
    assert label in applied_apps()
    migrate(label, "zero")
    assert label not in applied_apps()
    assert columns() == before


@pytest.mark.usefixtures("bare")
def test_every_operation_carries_the_rows_there_and_back(settings: Settings) -> None:
    install(settings, "every_operation", "neighbour")
    before = columns()
    migrate("every_operation")
    newest = columns()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, price, pages FROM eo_volumes ORDER BY id")
        volumes = [(name, float(price), pages) for name, price, pages in cursor.fetchall()]
        cursor.execute("SELECT COUNT(*) FROM neighbour_letter_recipients")
        recipients = cursor.fetchone()[0]
    # Pages: one more for each of the four RunPython operations.
    assert volumes == [("Book 0", 9.95, 104), ("Book 1", 10.95, 105), ("Book 2", 11.95, 106)]
    assert recipients == 2

    migrate("every_operation", "zero")
    assert columns() == before
    # And once more in the same process: no step has changed what another one is made of.
    migrate("every_operation")
    assert columns() == newest


def test_every_operation_of_django_is_used() -> None:
    package = "tests.apps.every_operation.migrations"
    used = {
        type(operation).__name__
        for step in pkgutil.iter_modules(import_module(package).__path__)
        for operation in flat(import_module(f"{package}.{step.name}").Migration.operations)
    }
    assert used >= set(operations.__all__)


def flat(several: Iterable[Operation]) -> Iterator[Operation]:
    for operation in several:
        yield operation
        for part in ("database_operations", "state_operations"):
            yield from flat(getattr(operation, part, []))


def test_two_leaves(settings: Settings) -> None:
    install(settings, "conflict")
    conflicts = MigrationLoader(None).detect_conflicts()
    assert {label: set(names) for label, names in conflicts.items()} == {
        "conflict": {"0002_left", "0002_right"}
    }


@pytest.mark.parametrize(
    ("label", "error", "said"),
    [
        ("broken_import", ModuleNotFoundError, "a_package_that_is_not_installed"),
        ("missing_parent", NodeNotFoundError, "nonexistent parent node"),
        ("circular", CircularDependencyError, "circular.0001_initial"),
        ("no_migration_class", BadMigrationError, "0002_notes"),
    ],
)
def test_histories_that_cannot_be_loaded(
    label: str, error: type[Exception], said: str, settings: Settings
) -> None:
    install(settings, label)
    with pytest.raises(error, match=said):
        MigrationLoader(None)


def test_models_without_migrations(settings: Settings) -> None:
    install(settings, "no_migrations")
    assert "no_migrations" in MigrationLoader(None).unmigrated_apps


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("step", ["0002_run_python", "0003_run_sql", "0004_custom"])
def test_steps_that_say_they_have_no_way_back(step: str, settings: Settings) -> None:
    install(settings, "irreversible")
    migrate("irreversible", step)
    with pytest.raises(IrreversibleError, match=step):
        migrate("irreversible", "0001")


@pytest.mark.usefixtures("bare")
def test_a_step_that_finds_out_half_way(settings: Settings) -> None:
    install(settings, "irreversible")
    migrate("irreversible")
    with pytest.raises(NotImplementedError):
        migrate("irreversible", "0004")
    undone = connection.features.can_rollback_ddl
    assert ("size" in columns()["irreversible_thing"]) == undone


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("applied", "squash_counts"),
    [
        ([], True),
        (["0001_initial"], False),
        (["0001_initial", "0002_thing_size", "0003_thing_weight"], True),
    ],
    ids=["none applied", "one of three applied", "all applied"],
)
def test_a_squash_counts_while_all_or_nothing_is_applied(
    applied: list[str], squash_counts: bool, settings: Settings
) -> None:
    install(settings, "squashed")
    for name in applied:
        MigrationRecorder(connection).record_applied("squashed", name)
    plan = MigrationLoader(connection).graph.forwards_plan(("squashed", "0004_thing_price"))
    assert (("squashed", "0001_squashed_0003_thing_weight") in plan) == squash_counts


@pytest.mark.django_db
def test_a_history_in_an_order_that_cannot_be(settings: Settings) -> None:
    install(settings, "inconsistent")
    MigrationRecorder(connection).record_applied("inconsistent", "0003_thing_weight")
    with pytest.raises(InconsistentMigrationHistory, match="0002_thing_size"):
        MigrationLoader(connection).check_consistent_history(connection)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("router", "made"), [("KeepAway", {"routed_open"}), ("KeepAllAway", set[str]())]
)
def test_routers_keep_tables_away(router: str, made: set[str], settings: Settings) -> None:
    install(settings, "routed")
    settings.DATABASE_ROUTERS = [f"tests.apps.routed.routers.{router}"]
    before = tables()
    migrate("routed", "0001")
    assert tables() - before == made
    migrate("routed")
    assert tables() == before


def test_a_user_model_of_its_own(settings: Settings) -> None:
    install(settings, "swapped_user")
    settings.AUTH_USER_MODEL = "swapped_user.Person"
    apps = MigrationLoader(None).project_state().apps
    assert apps.get_model("auth", "User")._meta.swapped == "swapped_user.Person"
    owner: Any = apps.get_model("swapped_user", "Diary")._meta.get_field("owner")
    assert owner.related_model._meta.label == "swapped_user.Person"


def test_django_renames_the_target_of_a_key_in_operations_of_earlier_steps() -> None:
    """Why ``renamed_target`` is no part of ``every_operation``; on copies, or it would last."""
    package = "tests.apps.renamed_target.migrations"
    initial, renaming = (
        copy.deepcopy(import_module(f"{package}.{name}").Migration.operations)
        for name in ("0001_initial", "0002_rename_country_code")
    )
    state = ProjectState()
    for operation in [*initial, *renaming]:
        operation.state_forwards("renamed_target", state)
    key = dict(initial[1].fields)["country"]
    assert key.remote_field.field_name == "iso"
