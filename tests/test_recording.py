"""What a plan is recorded to do, against every other way of knowing it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, models
from django.db.backends.utils import truncate_name
from django.db.migrations import RunPython, operations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.test import override_settings

from migration_tools.analysis import effects as fx
from migration_tools.analysis.editor import recording_editor
from migration_tools.analysis.fingerprint import fingerprint, plain
from migration_tools.analysis.recording import Recording, record
from migration_tools.analysis.rendering import full
from migration_tools.analysis.states import WalkState
from migration_tools.plan import Plan, Target, make_plan, plan_of_pairs
from tests.helpers import Project

APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "tests.apps.neighbour",
    "tests.apps.every_operation",
    "migration_tools",
]


@pytest.fixture
def history() -> Iterator[None]:
    with override_settings(INSTALLED_APPS=APPS):
        yield


def forwards() -> Plan:
    return make_plan(Target(), None)


def backwards() -> Plan:
    """Everything back to nothing, as if everything were applied."""
    executor = MigrationExecutor(None)
    executor.loader.applied_migrations = dict(executor.loader.graph.nodes)
    zero = [(app, None) for app in sorted(executor.loader.migrated_apps)]
    return plan_of_pairs(executor, executor.migration_plan(zero), Target())


PLANS = {"forwards": forwards, "backwards": backwards}
each_direction = pytest.mark.parametrize("direction", PLANS)


def told(recording: Recording) -> list[Any]:
    return [
        (step.step.label, operation.index, plain(operation.effects))
        for step, operation in recording.operations()
    ]


# --- the small renderings against every model rendered --------------------------------------------


@pytest.mark.engine_neutral
@each_direction
def test_small_renderings_show_what_full_rendering_shows(history: None, direction: str) -> None:
    plan, once = PLANS[direction](), Once()
    small = record(plan, connection, online=False)
    whole = record(plan, connection, online=False, choose_renderer=lambda *_: once)
    assert told(small) == told(whole)


class Once:
    """The state after one operation is the state before the next: render it once."""

    def __init__(self) -> None:
        self.last: tuple[list[Any], Any] = ([], None)

    def __call__(self, state: WalkState) -> Any:
        models, _ = self.last
        now = list(state.models.values())
        if len(models) != len(now) or any(a is not b for a, b in zip(models, now, strict=True)):
            self.last = (now, full(state))
        return self.last[1]


#: Operations of unknown make, the separated state and database, and a key with an heir.
FALLS = {
    "every_operation.0005_alter_keys": 1,
    "every_operation.0011_special": 2,
    "every_operation.0012_separate": 2,
}


@pytest.mark.engine_neutral
@each_direction
def test_only_these_operations_need_every_model(history: None, direction: str) -> None:
    recording = record(PLANS[direction](), connection, online=False)
    assert Counter(fall.partition(":")[0] for fall in recording.falls) == FALLS


# --- against a golden list, on every engine and every Django --------------------------------------


@each_direction
def test_effects_are_the_same_on_every_engine_and_every_django(
    history: None, direction: str, golden: Callable[[str, str], None]
) -> None:
    recording = record(PLANS[direction](), connection, online=False)
    lines = [
        f"{label} [{index}] {json.dumps(effect, default=str)}"
        for label, index, effects in told(recording)
        for effect in map(brief, effects)
    ]
    text = "\n".join([f"fingerprint {fingerprint(recording)}", *lines, ""])
    golden(f"effects_{direction}", text)


def brief(value: Any) -> Any:
    """Without what a column does not have, so that a person can read the file."""
    if isinstance(value, dict):
        kept = {name: brief(item) for name, item in value.items() if item not in (None, False)}
        return {name: item for name, item in kept.items() if (name, item) != ("default", "none")}
    return [brief(item) for item in value] if isinstance(value, list) else value


def unreachable(engine: str) -> Any:
    """A connection of another vendor that has no server; None without its driver."""
    try:
        module = import_module(f"django.db.backends.{engine}.base")
    except ImproperlyConfigured:
        return None
    settings = {**connection.settings_dict, "NAME": "nowhere", "HOST": "127.0.0.1", "PORT": "1"}
    return module.DatabaseWrapper(settings, alias="default")


@each_direction
def test_effects_need_no_server_of_any_vendor(history: None, direction: str) -> None:
    plan = PLANS[direction]()
    expected = told(record(plan, connection, online=False))
    seen = set()
    for engine in ("sqlite3", "postgresql", "mysql", "oracle"):
        other = unreachable(engine)
        if other is None:
            continue
        own, connections["default"] = connections["default"], other
        try:
            found = told(record(plan, other, online=False))
        finally:
            connections["default"] = own
        if engine == "oracle":
            assert shortened(found) == shortened(expected)
        else:
            assert found == expected
        assert other.connection is None
        seen.add(engine)
    assert seen >= {"sqlite3", "oracle"}  # their drivers come with the tests
    assert connection.vendor in {"sqlite" if engine == "sqlite3" else engine for engine in seen}


def shortened(found: list[Any]) -> Any:
    """Django cuts the names of many-to-many tables to what the engine takes: 30 on Oracle."""

    def short(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: short(item, name) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [short(item) for item in value]
        return truncate_name(value, 30) if key in ("table", "new_table") else value

    return short(found)


# --- against what a real run asks of its schema editor --------------------------------------------

ASKED = (
    "create_model",
    "delete_model",
    "add_field",
    "remove_field",
    "alter_field",
    "_alter_many_to_many",
    "alter_db_table",
    "alter_db_table_comment",
    "alter_unique_together",
    "alter_index_together",
    "add_constraint",
    "remove_constraint",
    "add_index",
    "remove_index",
    "rename_index",
)


class Witness:
    """Stands on the real editor: notes the outermost call of each kind, then lets it happen."""

    def __init__(self) -> None:
        self.effects: dict[str, list[fx.Effect]] = {}
        self.step = ""
        self.depth = 0
        self.notes = recording_editor(connection, self.note, online=True)
        self.real = connection.SchemaEditorClass

    def note(self, effect: fx.Effect) -> None:
        self.effects.setdefault(self.step, []).append(effect)

    def progress(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if action.endswith("_start") and migration is not None:
            self.step = str(migration)

    def editor_class(self) -> type[Any]:
        watched = {name: self.watched(getattr(self.real, name), name) for name in ASKED}
        return type("WitnessedEditor", (self.real,), watched)

    def watched(self, original: Callable[..., Any], name: str) -> Callable[..., Any]:
        def method(editor: Any, *args: Any, **kwargs: Any) -> Any:
            if self.depth == 0:
                getattr(self.notes, name)(*args, **kwargs)
            self.depth += 1
            try:
                return original(editor, *args, **kwargs)
            finally:
                self.depth -= 1

        return method


SEEN_ONLY_BY_RECORDING = (fx.Opaque, fx.SqlExecuted, fx.SqlRead, fx.NothingUndone)


def by_step(recording: Recording) -> dict[str, Counter[str]]:
    found = {}
    for step in recording.steps:
        effects = [e for operation in step.operations for e in operation.effects]
        found[step.step.label] = in_any_order(effects)
    return {label: effects for label, effects in found.items() if effects}


def in_any_order(effects: list[fx.Effect]) -> Counter[str]:
    kept = [plain(e) for e in effects if not isinstance(e, SEEN_ONLY_BY_RECORDING)]
    for effect in kept:
        # AlterOrderWithRespectTo leaves its default of 0 on the class that Django carries along.
        if effect.get("column", {}).get("field") == "_order":
            effect["column"]["default"] = "none"
    texts = (json.dumps(effect, default=str) for effect in kept)
    # A role that a through model has is told from the whole history.
    return Counter(text.replace('"role": "through"', '"role": "model"') for text in texts)


def test_a_real_run_asks_for_what_was_recorded(project: Project, history: None) -> None:
    apps = ("neighbour", "every_operation")
    for direction in ("forwards", "backwards"):
        executor = MigrationExecutor(connection)
        graph = executor.loader.graph
        back = [(app, None) for app in apps]
        targets = graph.leaf_nodes() if direction == "forwards" else back
        pairs = executor.migration_plan(targets)
        recording = record(plan_of_pairs(executor, pairs, Target()), connection, online=True)
        witness = Witness()
        connection.SchemaEditorClass = witness.editor_class()  # type: ignore[method-assign]
        try:
            executor.progress_callback = witness.progress
            executor.migrate(targets, plan=pairs)
        finally:
            del connection.SchemaEditorClass
        seen = {step: in_any_order(effects) for step, effects in witness.effects.items()}
        recorded = by_step(recording)
        for step in {*recorded, *seen}:
            told_only = recorded.get(step, Counter()) - seen.get(step, Counter())
            done_only = seen.get(step, Counter()) - recorded.get(step, Counter())
            assert (step, list(told_only), list(done_only)) == (step, [], [])


# --- what recording must never do -----------------------------------------------------------------


@pytest.mark.engine_neutral
@each_direction
def test_operations_are_left_as_they_were(history: None, direction: str) -> None:
    def written(plan: Plan) -> list[str]:
        return [repr(o.deconstruct()) for m in plan.history for o in m.operations]

    plan = PLANS[direction]()
    before = written(plan)
    record(plan, connection, online=False)
    assert written(plan) == before
    # The classes' own lists are shared by every loader of the process.
    assert written(PLANS[direction]()) == before


@pytest.mark.engine_neutral
def test_a_failure_leaves_operations_and_django_as_they_were(
    history: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = backwards()
    forwards_of, doors = RunPython.database_forwards, dict(vars(connection))

    def fail(*args: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("migration_tools.analysis.recording._describe", fail)
    with pytest.raises(KeyboardInterrupt):
        record(plan, connection, online=False)
    assert RunPython.database_forwards is forwards_of
    assert set(vars(connection)) == set(doors)
    monkeypatch.undo()
    record(plan, connection, online=False)


def test_no_query_is_made(history: None, django_assert_num_queries: Any, db: None) -> None:
    assert connection.features.supports_json_field is not None  # asked once for each connection
    with django_assert_num_queries(0):
        record(forwards(), connection, online=True)


@pytest.mark.engine_neutral
def test_python_of_the_project_is_not_run(history: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = [
        operation
        for migration in MigrationLoader(None).graph.nodes.values()
        for operation in migration.operations
        if isinstance(operation, RunPython)
    ]
    assert ran, "the fixture app has RunPython operations"

    def run(*args: Any) -> None:
        raise AssertionError("RunPython was run")

    for operation in ran:
        module = import_module(operation.code.__module__)
        if operation.code is not RunPython.noop and "noop" not in operation.code.__qualname__:
            monkeypatch.setattr(module, operation.code.__name__, run, raising=False)
    for direction in PLANS.values():
        recording = record(direction(), connection, online=False)
        kinds = {
            effect.kind
            for _, operation in recording.operations()
            for effect in operation.effects
            if isinstance(effect, fx.Opaque)
        }
        assert kinds == {fx.OpaqueKind.PYTHON, fx.OpaqueKind.CURSOR}  # its SQL is read


def test_a_renamed_target_of_keys_can_be_recorded_again_and_again(project: Project) -> None:
    """Django's own state walk writes the new name into the operations of the whole process."""
    key = models.ForeignKey("shop.Country", models.CASCADE, to_field="code")
    project.migration(
        "0001_initial",
        operations.CreateModel(
            "Country",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("code", models.CharField(max_length=2, unique=True)),
            ],
        ),
        operations.CreateModel(
            "City", [("id", models.BigAutoField(primary_key=True)), ("country", key)]
        ),
    )
    project.migration("0002_iso", operations.RenameField("country", "code", "iso"))
    with project.installed():
        found = []
        for _ in range(2):
            recording = record(make_plan(Target(app="shop"), None), connection, online=False)
            assert recording.falls == ()
            found.append(told(recording))
        assert found[0] == found[1]
        assert '"column": "code"' in json.dumps(found[0][1], default=str)
