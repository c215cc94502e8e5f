from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    # The first state of Cars is enough, so reverting Cars to 0001 leaves this app alone.
    dependencies = [("Cars", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Inspection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("inspected_on", models.DateField()),
                ("plate", models.CharField(max_length=12)),
                (
                    "car",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inspections",
                        to="Cars.specs",
                    ),
                ),
            ],
        ),
    ]
