from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL("CREATE SCHEMA elsewhere", "DROP SCHEMA elsewhere"),
        migrations.CreateModel(
            name="Thing",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=20)),
                ("weight", models.DecimalField(decimal_places=3, max_digits=7)),
            ],
            options={"db_table": '"elsewhere"."thing"'},
        ),
        # The other way to write it, which closes Django's own quotes.
        migrations.CreateModel(
            name="Part",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("size", models.IntegerField()),
            ],
            options={"db_table": 'elsewhere"."part'},
        ),
    ]
