"""`migrate_safe` stands on whatever `migrate` is in force, and a `migrate` may be made of it."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from django.core import management
from django.core.management import CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db.migrations import CreateModel

from migration_tools.exceptions import Refused
from migration_tools.execution.wrapping import migrate_in_force
from migration_tools.management.commands import migrate_safe
from tests import cars
from tests.helpers import Project, key
from tests.twins import Outcome, command_line, empty, records, state

LOSSY = ("Cars", "0002")

OWN = """
from django.core.management.commands.migrate import Command as Migrate

class Command(Migrate):
    help = "The one of {app}"

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--shout", default="nothing")

    def handle(self, *args, **options):
        self.stdout.write("{app} shouts " + options.pop("shout"))
        assert not {{"accept", "count_timeout"}} & set(options)
        super().handle(*args, **options)
        self.stdout.write("{app} is done")
"""

# Made like the command of django-tenants: no subclass of Django's, one run after another.
SEVERAL = """
from django.core.management.base import BaseCommand
from django.core.management.commands.migrate import Command as Migrate

class Command(BaseCommand):
    def add_arguments(self, parser):
        Migrate().add_arguments(parser)

    def handle(self, *args, **options):
        for app in ("shop", "Cars"):
            name = options["migration_name"] if app == "Cars" else None
            run = {**options, "app_label": app, "migration_name": name}
            Migrate().execute(**run)
"""

OURS = "from migration_tools.management.commands.migrate_safe import Command\n"
OURS_AND_MORE = """
from migration_tools.management.commands.migrate_safe import Command as MigrateSafe

class Command(MigrateSafe):
    def handle(self, *args, **options):
        self.stdout.write("shop goes first")
        super().handle(*args, **options)
"""


def migrate_of(project: Project, app: str, text: str) -> None:
    """The app's own command of that name."""
    project.app(app)
    project.write(f"{app}/models.py")
    project.write(f"{app}/management/__init__.py")
    project.write(f"{app}/management/commands/__init__.py")
    project.write(f"{app}/management/commands/migrate.py", text)


def run(command: str, alias: str, *words: str) -> Outcome:
    return command_line(command, *words, "--database", alias, "--skip-checks")


# --- on top of another app's ------------------------------------------------------------------


def test_django_has_the_command_unless_an_app_has_it(project: Project) -> None:
    assert migrate_in_force() is DjangoMigrate
    migrate_of(project, "shop", OWN.format(app="shop"))
    migrate_of(project, "later", OWN.format(app="later"))
    with project.installed():
        assert migrate_in_force().help == "The one of shop"
        assert issubclass(migrate_safe.Command, migrate_in_force())
    assert migrate_in_force() is DjangoMigrate
    assert issubclass(migrate_safe.Command, DjangoMigrate)


def test_options_and_behaviour_of_another_apps_command(project: Project, alias: str) -> None:
    migrate_of(project, "shop", OWN.format(app="shop"))
    project.migration("0001_initial", CreateModel("A", [key()]))
    with project.installed("Cars"):
        told = [run("migrate", alias, "--shout", "hey")]
        empty(alias)
        told.append(run("migrate_safe", alias, "--shout", "hey"))
        assert told[0] == told[1]
        assert told[0].code == 0
        assert told[0].out.startswith("shop shouts hey\n")
        assert told[0].out.endswith("shop is done\n")

        cars.fill(alias)
        before = state(alias)
        refused = run("migrate_safe", alias, *LOSSY, "--shout", "no")
        assert refused.code == 1
        assert refused.out.startswith("shop shouts no\n")
        assert cars.LOST in refused.err
        assert state(alias) == before


def test_command_put_in_the_place_of_djangos(
    project: Project, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some apps do not bring a command but put theirs into Django's loader of commands."""

    class Patched(DjangoMigrate):
        def handle(self, *args: Any, **options: Any) -> None:
            self.stdout.write("patched")
            super().handle(*args, **options)

    load = management.load_command_class

    def loader(app: str, name: str) -> Any:
        return Patched() if (app, name) == ("django.core", "migrate") else load(app, name)

    monkeypatch.setattr(management, "load_command_class", loader)
    with project.installed("Cars"):
        assert run("migrate_safe", alias).out.startswith("patched\n")


def test_command_that_runs_several_plans(project: Project, alias: str) -> None:
    """Each is judged by itself, and a refusal does not deny what was run before it."""
    migrate_of(project, "shop", SEVERAL)
    project.migration("0001_initial", CreateModel("A", [key()]))
    with project.installed("Cars"):
        cars.fill(alias)
        refused = run("migrate_safe", alias, *LOSSY)
        assert refused.code == 1
        assert "Applying shop.0001_initial... OK" in refused.out
        assert cars.LOST in refused.err
        assert "Nothing of this plan was run; the plan before it stayed." in refused.err
        assert records(alias)[-2:] == [("Cars", "0003_specs_color_owner"), ("shop", "0001_initial")]
        allowed = run("migrate_safe", alias, *LOSSY, "--allow-data-loss")
        assert allowed.code == 0
        assert ("Cars", "0003_specs_color_owner") not in records(alias)


def test_error_of_another_apps_command_before_any_plan(project: Project, alias: str) -> None:
    """It is not taken for a fault of the migration files, and it is no traceback."""
    text = OWN.format(app="shop").replace("super().handle", "raise RuntimeError('no such tenant')#")
    migrate_of(project, "shop", text)
    with project.installed("Cars"):
        outcome = run("migrate_safe", alias)
        assert outcome.code == 1
        assert outcome.err == (
            "CommandError: `migrate` stopped before it had a plan. RuntimeError: no such tenant\n"
            "  With --traceback it shows where.\n"
        )
        assert "in handle\n" in run("migrate_safe", alias, "--traceback").err


def test_errors_cross_processes(project: Project, alias: str) -> None:
    """A command may run its plans in workers, from which errors come back pickled."""
    with project.installed("Cars"):
        cars.fill(alias)
        with pytest.raises(CommandError) as raised:
            management.call_command("migrate_safe", *LOSSY, database=alias, skip_checks=True)
    for error in (raised.value, Refused("stopped", hint="next")):
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


# --- a project's own, made of ours ------------------------------------------------------------


@pytest.mark.parametrize("first", ["migrate", "migrate_safe"])
@pytest.mark.parametrize("text", [OURS, OURS_AND_MORE])
def test_migrate_made_of_ours(project: Project, alias: str, text: str, first: str) -> None:
    """Both names are then the same command, whichever is loaded first; the gate is there once."""
    migrate_of(project, "shop", text)
    with project.installed("Cars"):
        cars.fill(alias)
        before = state(alias)
        second = {"migrate": "migrate_safe", "migrate_safe": "migrate"}[first]
        for command in (first, second):
            refused = run(command, alias, *LOSSY)
            assert refused.code == 1
            assert refused.out.count("Revert Cars to 0002_alter_specs_weight") == 1
            assert refused.out.count("shop goes first") == (text is OURS_AND_MORE)
            assert cars.LOST in refused.err
            assert state(alias) == before
        assert run("migrate", alias, *LOSSY, "--allow-data-loss").code == 0


def test_migrate_made_of_ours_above_another_apps(project: Project, alias: str) -> None:
    migrate_of(project, "shop", OURS)
    migrate_of(project, "below", OWN.format(app="below"))
    with project.installed("Cars"):
        for command in ("migrate_safe", "migrate"):
            outcome = run(command, alias, "--shout", command)
            assert outcome.code == 0, outcome.err
            assert outcome.out.startswith(f"below shouts {command}\n")


@pytest.mark.parametrize("command", ["migrate", "migrate_safe"])
def test_migrate_made_of_ours_in_a_process(project: Project, command: str) -> None:
    """Nothing has been imported before: whichever module comes first needs the other."""
    migrate_of(project, "shop", OURS_AND_MORE)
    project.migration("0001_initial", CreateModel("A", [key()]))
    memory = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    done = project.manage(command, "shop", "--fail-on-loss", "--skip-checks", databases=memory)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("shop goes first\n")
    assert "Applying shop.0001_initial... OK" in done.stdout
