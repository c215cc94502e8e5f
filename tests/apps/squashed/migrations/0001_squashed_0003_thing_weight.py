from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("squashed", "0001_initial"),
        ("squashed", "0002_thing_size"),
        ("squashed", "0003_thing_weight"),
    ]
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Thing",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=20)),
                ("size", models.IntegerField(default=0)),
                ("weight", models.IntegerField(default=0)),
            ],
        ),
    ]
