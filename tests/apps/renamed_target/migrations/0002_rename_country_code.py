from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("renamed_target", "0001_initial")]
    operations = [
        migrations.RenameField(model_name="country", old_name="code", new_name="iso"),
    ]
