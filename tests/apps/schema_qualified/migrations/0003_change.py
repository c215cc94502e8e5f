from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schema_qualified", "0002_rows")]
    operations = [
        migrations.AlterField("thing", "weight", models.IntegerField()),
        migrations.AddField("thing", "color", models.CharField(max_length=20, null=True)),
        migrations.DeleteModel("Part"),
    ]
