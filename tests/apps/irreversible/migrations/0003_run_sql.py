from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("irreversible", "0002_run_python")]
    operations = [migrations.RunSQL("UPDATE irreversible_thing SET name = 'x'")]
