from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("irreversible", "0004_custom")]
    operations = [
        # Calls itself reversible whatever it holds.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(migrations.RunPython.noop)]
        ),
        # Taken back first, so its column is gone by the time that the other one refuses.
        migrations.AddField("thing", "size", models.IntegerField(default=0)),
    ]
