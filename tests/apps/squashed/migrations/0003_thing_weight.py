from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("squashed", "0002_thing_size")]
    operations = [
        migrations.AddField("thing", "weight", models.IntegerField(default=0)),
    ]
