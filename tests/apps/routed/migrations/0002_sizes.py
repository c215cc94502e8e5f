from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations, models

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import StateApps


def tell(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    secrets = apps.get_model("routed", "Secret").objects.using(schema_editor.connection.alias)
    secrets.create(name="told")


class Migration(migrations.Migration):
    dependencies = [("routed", "0001_initial")]
    operations = [
        migrations.AddField("open", "size", models.IntegerField(default=0)),
        migrations.AddField("secret", "size", models.IntegerField(default=0)),
        migrations.RunPython(tell, migrations.RunPython.noop, hints={"about": "secret"}),
        migrations.RunSQL(
            "UPDATE routed_secret SET size = 1",
            migrations.RunSQL.noop,
            hints={"about": "secret"},
        ),
        migrations.RemoveField("secret", "size"),
        migrations.DeleteModel("Open"),
    ]
