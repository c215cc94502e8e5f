from __future__ import annotations

from django.db import migrations, models


def thing(name: str) -> migrations.CreateModel:
    return migrations.CreateModel(
        name=name,
        fields=[
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=20)),
        ],
    )


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [thing("Open"), thing("Secret")]
