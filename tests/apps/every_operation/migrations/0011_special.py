"""Operations that nobody can look into, alone and inside one another.

No table is altered here: PostgreSQL refuses that while checks of changed rows are pending.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations, models

from tests.apps.every_operation import operations as own

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import StateApps


def turn_pages(by: int, apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    volumes = apps.get_model("every_operation", "Volume").objects
    volumes.using(schema_editor.connection.alias).update(pages=models.F("pages") + by)


def forwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    turn_pages(1, apps, schema_editor)


def backwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    turn_pages(-1, apps, schema_editor)


UP = "UPDATE every_operation_shelf SET big = big + 1"
DOWN = "UPDATE every_operation_shelf SET big = big - 1"


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0010_constraints")]
    operations = [
        # RunPython: with a way back, with an empty one, nested.
        migrations.RunPython(forwards, backwards, hints={"why": "to see hints"}),
        migrations.RunPython(forwards, migrations.RunPython.noop, elidable=True),
        # RunSQL: one statement, several, parameters, an empty way back.
        migrations.RunSQL(UP, DOWN),
        migrations.RunSQL(f"{UP};\n{UP};", [DOWN, DOWN]),
        migrations.RunSQL(
            [("UPDATE every_operation_shelf SET email = %s", ["50%@example.com"])],
            migrations.RunSQL.noop,
        ),
        # A database and a state that are told different things.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(UP, DOWN)],
            state_operations=[migrations.AlterModelOptions("shelf", {"ordering": ["big"]})],
        ),
        # Opaque ones hidden inside, one and two levels deep.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunPython(forwards, backwards),
                migrations.SeparateDatabaseAndState(
                    database_operations=[
                        migrations.RunPython(forwards, backwards),
                        migrations.RunSQL(UP, DOWN),
                        own.WriteDirectly(UP, DOWN),
                    ]
                ),
            ]
        ),
        # Other people's operations.
        own.WriteDirectly(UP, DOWN),
        own.ExecuteStatement(UP, DOWN),
    ]
