from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations
from django.db.models.functions import Upper

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def write_plates_in_capitals(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    inspections = apps.get_model("Inspections", "Inspection").objects
    inspections.using(schema_editor.connection.alias).update(plate=Upper("plate"))


class Migration(migrations.Migration):
    dependencies = [("Inspections", "0003_inspection_passed")]

    # No reverse: nothing remembers which plates were written in small letters.
    operations = [migrations.RunPython(write_plates_in_capitals)]
