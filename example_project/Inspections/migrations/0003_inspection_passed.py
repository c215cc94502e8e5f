from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("Inspections", "0002_inspection_remarks")]

    operations = [
        migrations.AddField(
            model_name="inspection",
            name="passed",
            field=models.BooleanField(null=True),
        ),
    ]
