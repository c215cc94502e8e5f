from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations, models

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import StateApps

AUTO = models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def write_letter(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    authors = apps.get_model("every_operation", "Author")._base_manager.using(alias)
    letters = apps.get_model("neighbour", "Letter").objects.using(alias)
    sender, *others = authors.order_by("pk")
    letters.create(sender=sender).recipients.set(others)


class Migration(migrations.Migration):
    initial = True
    dependencies = [("every_operation", "0002_rows")]
    operations = [
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", AUTO),
                (
                    "sender",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="sent", to="every_operation.author"
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, to="every_operation.place"
                    ),
                ),
                (
                    "recipients",
                    models.ManyToManyField(related_name="received", to="every_operation.author"),
                ),
            ],
        ),
        migrations.RunPython(write_letter, migrations.RunPython.noop),
    ]
