"""The private parts of Django that are used, as they were read; a change there fails here."""

from __future__ import annotations

import inspect
import re

from django.db.backends.base import schema
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RunPython, fields, models, special
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState, StateApps
from django.db.models.options import Options
from django.db.transaction import Atomic

from migration_tools.analysis.editor import _Notes
from migration_tools.analysis.rendering import BUILT_IN
from migration_tools.analysis.states import SINGLE_MODEL_MUTATORS, WalkState

#: ProjectState's methods that write nothing.
READING = {
    "apps",
    "clear_delayed_apps_cache",
    "from_apps",
    "get_concrete_model_key",
    "relations",
    "_find_concrete_model_from_proxy",
    "_get_concrete_models_mapping_and_proxy_models",
    "_find_reload_model",
}
#: They write to what is rendered, or to the map of relations, which WalkState throws away.
RENDERING = {
    "_reload",
    "reload_model",
    "reload_models",
    "resolve_fields_and_relations",
    "resolve_model_field_relations",
    "resolve_model_relations",
    "update_model_field_relation",
}
#: They call one of the mutators.
CALLING = {"add_constraint", "add_index", "alter_constraint", "remove_constraint", "remove_index"}


def methods(of: type) -> set[str]:
    return {name for name in vars(of) if not name.startswith("__")}


def parameters(of: object) -> list[str]:
    return list(inspect.signature(of).parameters)  # type: ignore[arg-type]


def test_every_mutator_of_a_state_copies_before_it_writes() -> None:
    known = READING | RENDERING | CALLING | {"clone"}
    overridden = {name for name in methods(ProjectState) - known if name in vars(WalkState)}
    assert methods(ProjectState) - known == overridden
    assert set(SINGLE_MODEL_MUTATORS) <= overridden


def test_every_built_in_operation_is_known() -> None:
    found = {
        operation
        for module in (fields, models, special)
        for operation in vars(module).values()
        if inspect.isclass(operation)
        and issubclass(operation, Operation)
        and operation.__module__ == module.__name__
        and "database_forwards" in dir(operation)
        and operation.database_forwards is not Operation.database_forwards
    }
    assert found - {models.AlterTogetherOptionOperation} == set(BUILT_IN)  # a base of two


def test_the_editor_is_asked_as_it_was_read() -> None:
    assert parameters(BaseDatabaseSchemaEditor._field_should_be_altered) == [  # type: ignore[attr-defined]
        "self",
        "old_field",
        "new_field",
        "ignore",
    ]
    assert parameters(BaseDatabaseSchemaEditor._alter_many_to_many) == [  # type: ignore[attr-defined]
        "self",
        "model",
        "old_field",
        "new_field",
        "strict",
    ]
    assert parameters(schema._related_non_m2m_objects) == ["old_field", "new_field"]  # type: ignore[attr-defined]
    assert "_constraint_names" in vars(BaseDatabaseSchemaEditor)
    # What a column that comes back filled is made of (execution/archiving_editor.py).
    assert parameters(BaseDatabaseSchemaEditor._field_should_be_indexed) == [  # type: ignore[attr-defined]
        "self",
        "model",
        "field",
    ]
    assert parameters(BaseDatabaseSchemaEditor._create_check_sql) == [  # type: ignore[attr-defined]
        "self",
        "model",
        "name",
        "check",
    ]
    assert "_create_index_name" in vars(BaseDatabaseSchemaEditor)
    # What an operation that is begun anew need not look for.
    assert parameters(BaseDatabaseSchemaEditor._delete_composed_index) == [  # type: ignore[attr-defined]
        "self",
        "model",
        "fields",
        "constraint_kwargs",
        "sql",
    ]


#: Public methods of the editor that change nothing, or that only the ones noted call.
NOT_NOTED = {
    "add_procedure",
    "column_sql",
    "db_default_sql",
    "effective_default",
    "prepare_default",
    "quote_name",
    "quote_value",
    "skip_default",
    "skip_default_on_alter",
    "table_sql",
}


def test_every_request_to_the_editor_is_noted() -> None:
    public = {
        name
        for name, member in vars(BaseDatabaseSchemaEditor).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }
    assert public - NOT_NOTED <= methods(_Notes)


def test_states_and_models_are_rendered_as_they_were_read() -> None:
    assert parameters(StateApps.__init__)[:3] == ["self", "real_apps", "models"]
    assert {"render_multiple", "bulk_update", "register_model"} <= methods(StateApps)
    attributes = {"app_label", "name", "fields", "options", "bases", "managers"}
    assert set(vars(ModelState("app", "Model", []))) == attributes


def test_a_state_for_the_signals_is_made_as_it_was_read() -> None:
    """What execution/plans.py calls as the command does."""
    made = inspect.signature(MigrationExecutor._create_project_state).parameters
    assert list(made) == ["self", "with_applied_migrations"]


def test_executor_and_python_are_called_as_they_were_read() -> None:
    assert parameters(MigrationExecutor.migration_plan) == ["self", "targets", "clean_start"]
    # What plan.py gives it in its place: a loader of three attributes, and nothing else.
    source = inspect.getsource(MigrationExecutor.migration_plan)
    asked = set(re.findall(r"self\.loader\.(\w+)", source))
    assert asked == {"applied_migrations", "build_graph", "graph", "replace_migrations"}
    expected = ["self", "app_label", "schema_editor", "from_state", "to_state"]
    assert parameters(RunPython.database_forwards) == expected
    assert parameters(RunPython.database_backwards) == expected


def test_transactions_are_kept_as_they_were_read() -> None:
    entered = inspect.getsource(BaseDatabaseSchemaEditor.__enter__)
    assert "self.atomic = atomic(self.connection.alias)" in entered
    assert "connection.atomic_blocks.append(self)" in inspect.getsource(Atomic.__enter__)
    assert "connection.atomic_blocks.pop()" in inspect.getsource(Atomic.__exit__)


def test_the_fields_of_a_primary_key() -> None:
    assert "pk_fields" in vars(Options)
