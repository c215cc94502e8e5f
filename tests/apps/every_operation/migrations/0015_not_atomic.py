"""A step that runs without a transaction round it."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("every_operation", "0014_delete_models")]
    operations = [
        migrations.AddField("shelf", "late", models.IntegerField(default=0)),
        migrations.AlterField("shelf", "late", models.BigIntegerField(default=0)),
        migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop, atomic=True),
        migrations.RemoveField("shelf", "split"),
    ]
