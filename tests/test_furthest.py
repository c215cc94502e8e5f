"""A refused way back names the furthest target that can be reached, and that one is reached."""

from __future__ import annotations

import io
import random
import re
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import models
from django.db.migrations import AddField, CreateModel, Migration, RunPython
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.recorder import MigrationRecorder

from migration_tools.analysis.reachable import furthest
from migration_tools.plan import Direction, Plan, Step, Target, steps_to
from tests.helpers import (
    Project,
    changes_tables,
    django_plan,
    foreign_key,
    model,
    nothing,
    record_applied,
    refusal,
)

pytestmark = changes_tables

NONE = "There is no nearer target to go back to without that step"


def no_way_back() -> RunPython:
    return RunPython(nothing)


def chain(project: Project, app: str, *links: Any) -> None:
    """Each link is a migration: 0001, 0002, ...; a list of (app, number) is what it waits for.

    "stop" has no way back; anything else can be taken back.
    """
    project.write(f"{app}/models.py")  # pre_migrate is sent for apps that have models
    for number, link in enumerate(links, 1):
        kind, *others = link if isinstance(link, list) else [link]
        operation = no_way_back() if kind == "stop" else model(f"{kind}{number}")
        own = [(app, f"{number - 1:04}_m")] if number > 1 else []
        after = [(other, f"{at:04}_m") for other, at in others]
        project.migration(f"{number:04}_m", operation, app=app, after=[*own, *after])


def offered(*target: str) -> tuple[str, ...] | None:
    """What the refusal says to type; None where it says that there is none."""
    message = refusal("migrate_safe", *target, interactive=False, allow_data_loss=True)
    assert "has no way back" in message
    if NONE in message:
        assert message.count("\n") == 1
        return None
    found = re.search(r"\n  As far as it goes:  manage\.py migrate_safe (\S+) (\S+)$", message)
    assert found is not None, message
    return found[1], found[2]


def reached(project: Project, *target: str) -> list[str]:
    """What is taken back by the command that is offered, which must go through."""
    told = offered(*target)
    assert told is not None
    steps = [label for label, _ in django_plan(*told)]
    before = set(MigrationRecorder.Migration.objects.values_list("app", "name"))
    call_command(
        "migrate_safe",
        *told,
        interactive=False,
        allow_data_loss=True,
        stdout=io.StringIO(),
        stderr=io.StringIO(),
    )
    left = set(MigrationRecorder.Migration.objects.values_list("app", "name"))
    assert {f"{app}.{name}" for app, name in before - left} == set(steps)
    return steps


def test_in_its_own_app(project: Project) -> None:
    chain(project, "a", "x", "stop", "x", "x")
    with project.installed():
        project.migrate()
        assert offered("a", "zero") == ("a", "0002_m")
        assert reached(project, "a", "0001") == ["a.0004_m", "a.0003_m"]
        # What comes first in the plan is the step itself now.
        assert offered("a", "0001") is None


def test_another_app_pulls_it_in(project: Project) -> None:
    """b.0002 waits for a.0002, so going below that one needs b.0002 taken back."""
    chain(project, "a", "x", "x", "x", "x")
    chain(project, "b", "x", ["stop", ("a", 2)], "x")
    with project.installed():
        project.migrate()
        assert offered("a", "zero") == ("a", "0002_m")
        assert offered("a", "0001") == ("a", "0002_m")
        assert offered("b", "zero") == ("b", "0002_m")
        assert reached(project, "a", "zero") == ["a.0004_m", "a.0003_m"]
        # Nothing of the app can go any more, but what of the other had to go before can.
        assert offered("a", "0001") == ("b", "0002_m")
        assert reached(project, "a", "0001") == ["b.0003_m"]
        assert offered("a", "0001") is None


def test_three_apps(project: Project) -> None:
    """c stops a at 0003 by way of b; a step of b that c does not need could go along."""
    chain(project, "a", "x", "x", "x", "x", "x")
    chain(project, "b", "x", ["x", ("a", 3)], ["x", ("a", 4)])
    chain(project, "c", ["stop", ("b", 2)], "x")
    with project.installed():
        project.migrate()
        assert offered("a", "0001") == ("a", "0003_m")
        assert set(reached(project, "a", "0001")) == {"a.0005_m", "a.0004_m", "b.0003_m"}
        assert offered("a", "0001") == ("c", "0001_m")


def test_not_one_step(project: Project) -> None:
    chain(project, "a", "x", "x")
    chain(project, "b", ["stop", ("a", 2)])
    with project.installed():
        project.migrate()
        assert offered("a", "0001") is None
        assert offered("b", "zero") is None


def test_two_stops(project: Project) -> None:
    """Neither of them is on the way that is offered."""
    chain(project, "a", "x", "x", "stop", "x", "x")
    chain(project, "b", ["stop", ("a", 4)])
    with project.installed():
        project.migrate()
        assert offered("a", "zero") == ("a", "0004_m")
        assert reached(project, "a", "zero") == ["a.0005_m"]


def test_a_whole_app_can_go(project: Project) -> None:
    chain(project, "a", "x", "stop")
    chain(project, "b", ["x", ("a", 2)], "x")
    with project.installed():
        project.migrate()
        assert offered("a", "zero") == ("b", "zero")
        assert reached(project, "a", "zero") == ["b.0002_m", "b.0001_m"]


def test_child_of_another_apps_model(project: Project) -> None:
    """Multi-table inheritance: the child waits for the migration that makes its parent."""
    project.write("a/models.py")
    project.write("b/models.py")
    project.migration("0001_m", model("Base"), app="a")
    project.migration("0002_m", model("Item"), app="a")
    link = models.OneToOneField("a.item", models.CASCADE, parent_link=True, primary_key=True)
    child = CreateModel("Book", [("item_ptr", link)], bases=("a.item",))
    project.migration("0001_m", child, app="b", after=[("a", "0002_m")])
    project.migration("0002_m", no_way_back(), app="b")
    project.migration("0003_m", AddField("book", "size", models.IntegerField(null=True)), app="b")
    project.migration("0003_m", AddField("item", "width", models.IntegerField(null=True)), app="a")
    with project.installed():
        project.migrate()
        assert offered("a", "0001") == ("a", "0002_m")
        assert reached(project, "a", "0001") == ["a.0003_m"]
        assert offered("a", "0001") == ("b", "0002_m")


def test_foreign_key_and_run_before(project: Project) -> None:
    """A migration that wants to run before another app's holds it up on the way back, too."""
    chain(project, "a", "x", "x", "x")
    project.write("b/models.py")
    project.migration("0001_m", model("Tag"), app="b")
    project.source(
        "0002_m",
        "from django.db import migrations\n\n"
        "def fill(apps, editor): pass\n\n"
        "class Migration(migrations.Migration):\n"
        '    dependencies = [("b", "0001_m"), ("a", "0002_m")]\n'
        '    run_before = [("a", "0003_m")]\n'
        "    operations = [migrations.RunPython(fill)]\n",
        app="b",
    )
    field = foreign_key("a.x1", null=True)
    project.migration(
        "0003_m", AddField("tag", "item", field), app="b", after=[("b", "0002_m"), ("a", "0003_m")]
    )
    with project.installed():
        project.migrate()
        assert offered("a", "0001") == ("a", "0002_m")
        assert set(reached(project, "a", "0001")) == {"a.0003_m", "b.0003_m"}


@pytest.mark.parametrize("applied", ["all", "squashed"])
def test_squashed(project: Project, applied: str) -> None:
    chain(project, "a", "x", "x", "stop", "x", "x")
    names = [f"{number:04}_m" for number in (1, 2)]
    project.migration(
        "0001_m_squashed_0002_m",
        model("x1"),
        model("x2"),
        app="a",
        after=[],
        replaces=[("a", name) for name in names],
    )
    with project.installed():
        project.migrate()
        if applied == "all":
            record_applied(*(("a", name) for name in names))
        assert offered("a", "zero") == ("a", "0003_m")
        assert reached(project, "a", "zero") == ["a.0005_m", "a.0004_m"]
        assert offered("a", "zero") is None


@pytest.mark.parametrize("squashed", ["0002_s_squashed", "0002_m_squashed_0004_m"])
def test_partly_squashed(project: Project, squashed: str) -> None:
    """Only then are the replaced ones in the graph, and the other has a file all the same."""
    chain(project, "a", "x", "stop", "x", "x")
    with project.installed():
        project.migrate("a", "0003")
        operations = [no_way_back(), model("x3"), model("x4")]
        replaced = [("a", f"{number:04}_m") for number in (2, 3, 4)]
        project.migration(
            squashed, *operations, app="a", after=[("a", "0001_m")], replaces=replaced
        )
        if squashed.startswith("0002_m"):  # `migrate a 0002_m` would not know which is meant
            assert offered("a", "zero") is None
            return
        assert offered("a", "zero") == ("a", "0002_m")
        assert reached(project, "a", "zero") == ["a.0003_m"]


def test_the_stop_is_a_squashed_one(project: Project) -> None:
    project.write("a/models.py")
    project.migration("0001_m", model("X"), app="a")
    project.migration("0002_m", no_way_back(), app="a")
    project.migration(
        "0001_m_squashed_0002_m",
        model("X"),
        no_way_back(),
        app="a",
        after=[],
        replaces=[("a", "0001_m"), ("a", "0002_m")],
    )
    project.migration("0003_m", model("Y"), app="a", after=[("a", "0002_m")])
    with project.installed():
        project.migrate()
        assert offered("a", "zero") == ("a", "0001_m_squashed_0002_m")
        assert reached(project, "a", "zero") == ["a.0003_m"]


def test_a_name_that_begins_another(project: Project) -> None:
    """`migrate` would not take it: the next one is offered."""
    project.write("a/models.py")
    for name, operation in (
        ("0001_m", model("X")),
        ("0002", no_way_back()),
        ("0002_more", model("Y")),
        ("0003_m", model("Z")),
    ):
        project.migration(name, operation, app="a")
    with project.installed():
        project.migrate()
        assert offered("a", "0001") == ("a", "0002_more")
        assert reached(project, "a", "0001") == ["a.0003_m"]


# --- any graph --------------------------------------------------------------------------------


def drawn(number: int) -> tuple[Plan, frozenset[Step]]:
    """A graph of three apps, as chance has it, all applied; the way back of one; what stops it."""
    chance = random.Random(number)
    keys = [(app, f"{n:04}") for app in "abc" for n in range(1, chance.randint(3, 6))]
    chance.shuffle(keys)
    keys.sort(key=lambda k: k[1])
    graph = MigrationGraph()
    history = [Migration(name, app) for app, name in keys]
    for at, (app, name) in enumerate(keys):
        graph.add_node((app, name), history[at])
        earlier = keys[:at]
        own = [k for k in earlier if k[0] == app]
        others = [k for k in earlier if k[0] != app and chance.random() < 0.15]
        for parent in [*own[-1:], *others]:
            graph.add_dependency(None, (app, name), parent)
    bare = Plan(
        target=Target(app="a", migration=chance.choice(["zero", "0001", "0002"])),
        steps=(),
        history=tuple(history),
        applied=frozenset(keys),
        graph=graph,
        files=frozenset(keys),
    )
    name = bare.target.migration
    steps = steps_to(bare, "a", None if name == "zero" else name)
    whole = replace(bare, steps=steps)
    return whole, frozenset(chance.sample(steps, min(len(steps), chance.randint(1, 2))))


@pytest.mark.parametrize("number", range(60))
def test_any_graph(number: int) -> None:
    """Followed edge by edge: no step that is offered waits for a blocked one, and none is left."""
    whole, blocked = drawn(number)
    graph = whole.graph
    assert graph is not None

    def held(step: Step) -> bool:
        after = graph.backwards_plan((step.app, step.name))
        return any((b.app, b.name) in after for b in blocked)

    free = {step for step in whole.steps if not held(step)}
    target = furthest(whole, blocked)
    # With one line of migrations in each app, the last free ones of an app are one target.
    own = [step for step in free if step.app == "a"]
    if target is None:
        assert not free
        return
    name = None if target.migration == "zero" else target.migration
    steps = set(steps_to(whole, str(target.app), name))
    assert steps <= free
    assert all(step.direction is Direction.BACKWARDS for step in steps)
    assert steps
    if own:
        assert target.app == "a"
        assert set(own) <= steps
