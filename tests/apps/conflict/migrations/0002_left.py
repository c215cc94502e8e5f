from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conflict", "0001_initial")]
    operations = [
        migrations.AddField("thing", "left", models.IntegerField(default=0)),
    ]
