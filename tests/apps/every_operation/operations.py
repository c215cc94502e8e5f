"""Operations as third-party packages and projects write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import migrations, models
from django.db.migrations.operations.base import Operation

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState


class AddFieldTwice(migrations.AddField):
    """A subclass that does more in the database than its base, and tells the state so."""

    def second(self) -> migrations.AddField:
        return migrations.AddField(self.model_name, f"{self.name}_too", self.field.clone())

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        super().state_forwards(app_label, state)
        self.second().state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        between = from_state.clone()
        super().state_forwards(app_label, between)
        super().database_forwards(app_label, schema_editor, from_state, between)
        self.second().database_forwards(app_label, schema_editor, between, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        between = to_state.clone()
        super().state_forwards(app_label, between)
        self.second().database_backwards(app_label, schema_editor, from_state, between)
        super().database_backwards(app_label, schema_editor, between, to_state)


class MakeLog(Operation):
    """Not made of any built-in operation, but it asks the schema editor for the same things."""

    def __init__(self, name: str) -> None:
        self.name = name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        fields: list[tuple[str, models.Field[Any, Any]]] = [
            ("id", models.BigAutoField(primary_key=True)),
            ("line", models.TextField(default="")),
        ]
        state.add_model(migrations.state.ModelState(app_label, self.name, fields))

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.create_model(to_state.apps.get_model(app_label, self.name))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.delete_model(from_state.apps.get_model(app_label, self.name))

    def describe(self) -> str:
        return f"Make log {self.name}"


class WriteDirectly(Operation):
    """Goes round the schema editor, and says that it does not."""

    reduces_to_sql = True

    def __init__(self, forwards: str, backwards: str) -> None:
        self.forwards, self.backwards = forwards, backwards

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(self.forwards)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(self.backwards)


class ExecuteStatement(WriteDirectly):
    """Hands its own SQL to the schema editor, one way only; the way back does nothing."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.execute(self.forwards)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        pass
