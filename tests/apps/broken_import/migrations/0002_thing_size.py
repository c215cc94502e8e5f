from __future__ import annotations

from a_package_that_is_not_installed import DEFAULT_SIZE  # type: ignore[import-not-found]
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("broken_import", "0001_initial")]
    operations = [
        migrations.AddField("thing", "size", models.IntegerField(default=DEFAULT_SIZE)),
    ]
