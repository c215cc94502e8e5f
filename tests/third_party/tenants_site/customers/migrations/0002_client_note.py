from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="client",
            name="note",
            field=models.TextField(blank=True, default=""),
        ),
    ]
