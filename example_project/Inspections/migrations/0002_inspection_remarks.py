from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("Inspections", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="inspection",
            name="remarks",
            field=models.TextField(blank=True, default=""),
        ),
    ]
