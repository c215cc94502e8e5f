from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("schema_qualified", "0001_initial")]
    operations = [
        migrations.RunSQL(
            [
                "INSERT INTO elsewhere.thing (name, weight) VALUES ('a', 1.5), ('b', 2)",
                "INSERT INTO elsewhere.part (size) VALUES (1), (2), (3)",
            ],
            ["DELETE FROM elsewhere.thing", "DELETE FROM elsewhere.part"],
        ),
    ]
