from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("squashed", "0003_thing_weight")]
    operations = [
        migrations.AddField("thing", "price", models.IntegerField(default=0)),
    ]
