"""A run taken back by its number: the steps, in either direction, and what stands in its way."""

from __future__ import annotations

import pytest
from django.core.management import CommandError
from django.db import connections, models
from django.db.migrations import AddField, CreateModel

from migration_tools.journal import Journal, Outcome
from tests.gate.shared import plain, safe
from tests.helpers import Project, key
from tests.twins import Outcome as Told
from tests.twins import command_line, records, state


@pytest.fixture
def shop(project: Project, alias: str) -> Project:
    """Two apps that lean on each other, nothing applied."""
    for app in ("shop", "billing"):
        project.app(app)
        project.write(f"{app}/models.py")
    number = models.IntegerField(null=True)
    project.migration("0001_initial", CreateModel("Item", [key()]))
    project.migration("0002_n", AddField("Item", "n", number))
    project.migration(
        "0001_initial", CreateModel("Bill", [key()]), app="billing", after=[("shop", "0002_n")]
    )
    project.migration("0003_m", AddField("Item", "m", number))
    return project


def told(alias: str, *words: str) -> Told:
    return command_line("migrate_safe", *words, "--database", alias, "--skip-checks")


def refused(alias: str, *words: str) -> str:
    before = state(alias), records(alias)
    outcome = told(alias, *words)
    assert outcome.code == 1, outcome.out
    assert (state(alias), records(alias)) == before
    return outcome.err


def applied(alias: str) -> set[tuple[str, str]]:
    return {(app, name) for app, name in records(alias) if app in ("shop", "billing")}


def test_forwards_over_two_apps(shop: Project, alias: str) -> None:
    with shop.installed():
        safe(alias, "shop", "0001")
        before, was = state(alias), applied(alias)
        safe(alias)
        after = state(alias)
        outcome = told(alias, "--undo")
        assert outcome.code == 0, outcome.err
        assert "  Take back run 2: unapply " in outcome.out
        assert "Unapplying billing.0001_initial... OK" in outcome.out
        assert (state(alias)["shop_item"], applied(alias)) == (before["shop_item"], was)
        assert "billing_bill" not in state(alias)
        # And the undo back again, by its own number and by default.
        safe(alias, undo=3)
        assert state(alias)["shop_item"] == after["shop_item"]
        safe(alias, undo=0)
        assert applied(alias) == was
    runs = Journal(connections[alias]).runs()
    assert [(run.id, run.undo_of) for run in runs] == [(5, 4), (4, 3), (3, 2), (2, None), (1, None)]
    assert {run.outcome for run in runs} == {Outcome.DONE}


def test_backwards(shop: Project, alias: str) -> None:
    with shop.installed():
        safe(alias)
        everything = applied(alias)
        safe(alias, "shop", "0001")
        outcome = told(alias, "--undo", "2")
        assert outcome.code == 0, outcome.err
        assert "Applying billing.0001_initial... OK" in outcome.out
        assert applied(alias) == everything


def test_losses_are_shown_and_asked_about(filled: str) -> None:
    """The way there lost nothing, the way back would."""
    safe(filled, "Cars", "0002", allow_data_loss=True)
    safe(filled, "Cars", "0003")
    with connections[filled].cursor() as cursor:
        quote = connections[filled].ops.quote_name
        cursor.execute(f"UPDATE {quote('Cars_specs')} SET {quote('color')} = 'red'")
    error = refused(filled, "--undo")
    assert "there is nobody to ask" in error
    safe(filled, undo=0, allow_data_loss=True)
    assert records(filled)[-1] == ("Cars", "0002_alter_specs_weight")


def test_faked_steps_are_faked_back(shop: Project, alias: str) -> None:
    with shop.installed():
        safe(alias, "shop", "0001")
        safe(alias, "shop", "0002", fake=True)
        before = state(alias)["shop_item"]
        outcome = told(alias, "--undo")
        assert "Unapplying shop.0002_n... FAKED" in outcome.out
        assert state(alias)["shop_item"] == before


def test_an_undo_of_what_is_left(shop: Project, alias: str) -> None:
    """Somebody has taken back a part by `migrate`, which writes no journal."""
    with shop.installed():
        safe(alias)
        plain(alias, "shop", "0002")
        safe(alias, undo=1)
        assert applied(alias) == set()


# --- refusals ---------------------------------------------------------------------------------


def test_nothing_to_undo(shop: Project, alias: str) -> None:
    with shop.installed():
        plain(alias)
        assert "has no run that could be taken back" in refused(alias, "--undo")
        assert "There is no run 7 in the journal" in refused(alias, "--undo", "7")


def test_taken_back_already(shop: Project, alias: str) -> None:
    with shop.installed():
        safe(alias)
        safe(alias, undo=1)
        error = refused(alias, "--undo", "1")
    assert "Run 1 was taken back already, by run 2." in error
    assert "migrate_safe --undo 2" in error


def test_later_steps_in_the_way(shop: Project, alias: str) -> None:
    with shop.installed():
        safe(alias, "shop", "0002")
        safe(alias, "billing")
        error = refused(alias, "--undo", "1")
        assert "billing.0001_initial depends on it and is applied (run 2)" in error
        safe(alias, undo=2)
        safe(alias, undo=1)
        assert applied(alias) == set()


def test_missing_dependencies_in_the_way(shop: Project, alias: str) -> None:
    with shop.installed():
        safe(alias)
        safe(alias, "billing", "zero")
        safe(alias, "shop", "0001")
        assert "needs shop.0002_n, which is not applied (run 3)" in refused(alias, "--undo", "2")


def test_run_again_since(shop: Project, alias: str) -> None:
    with shop.installed():
        safe(alias, "shop", "0001")
        safe(alias, "shop", "zero")
        safe(alias, "shop", "0001")
        error = refused(alias, "--undo", "1")
    assert "run 3 was at shop.0001_initial after it" in error


def test_a_file_that_is_gone(shop: Project, alias: str) -> None:
    with shop.installed():
        safe(alias)
        shop.remove("0003_m")
        assert "no migration shop.0003_m any more" in refused(alias, "--undo")


@pytest.mark.parametrize(
    "words",
    [("Cars", "--undo"), ("--undo", "--status"), ("--undo", "--fake"), ("--status", "--plan")],
)
def test_options_that_do_not_go_together(filled: str, words: tuple[str, ...]) -> None:
    assert refused(filled, *words).startswith("CommandError: --")


def test_a_number_that_is_none(filled: str) -> None:
    with pytest.raises(CommandError):
        safe(filled, undo=99)


@pytest.fixture
def squashed(shop: Project) -> Project:
    """Both histories squashed, and everything applied."""
    names = {"shop": ["0001_initial", "0002_n", "0003_m"], "billing": ["0001_initial"]}
    number = models.IntegerField(null=True)
    item = CreateModel("Item", [key(), ("n", number), ("m", number)])
    operations = {"shop": item, "billing": CreateModel("Bill", [key()])}
    after = {"shop": [], "billing": [("shop", "0001_squashed")]}
    for app, replaced in names.items():
        replaces = [(app, name) for name in replaced]
        shop.migration(
            "0001_squashed", operations[app], app=app, after=after[app], replaces=replaces
        )
    return shop


def test_to_a_migration_that_is_squashed(squashed: Project, alias: str) -> None:
    with squashed.installed():
        safe(alias)
        everything, was = applied(alias), state(alias)
        outcome = told(alias, "shop", "0001_initial", "--noinput")
        assert outcome.code == 0, outcome.err
        # Django leaves the records of the squashed ones, which it then takes no notice of.
        left = {key for key in applied(alias) if key[1] != "0001_squashed"}
        assert left == {("shop", "0001_initial")}
        # Of the other app nothing is applied: for its squashed migration it would be as good.
        outcome = told(alias, "--undo", "--noinput")
        assert outcome.code == 0, outcome.err
        assert applied(alias) == everything
        for table in ("shop_item", "billing_bill"):
            assert state(alias)[table] == was[table]
