from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations
from django.db.migrations.operations.base import Operation

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState


class OneWay(Operation):
    reversible = False

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        pass


class Migration(migrations.Migration):
    dependencies = [("irreversible", "0003_run_sql")]
    operations = [OneWay()]
