from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations, models

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import StateApps


def found_cities(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    country = apps.get_model("renamed_target", "Country")(code="CH")
    country.save(using=alias)
    for name in ("Zürich", "Genève"):
        apps.get_model("renamed_target", "City")(name=name, country=country).save(using=alias)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Country",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("code", models.CharField(max_length=2, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="City",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=20)),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=models.CASCADE, to="renamed_target.country", to_field="code"
                    ),
                ),
            ],
        ),
        migrations.RunPython(found_cities, migrations.RunPython.noop),
    ]
