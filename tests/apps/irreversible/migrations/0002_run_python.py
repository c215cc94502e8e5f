from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("irreversible", "0001_initial")]
    operations = [migrations.RunPython(migrations.RunPython.noop)]
