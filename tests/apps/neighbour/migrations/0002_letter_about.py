from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("neighbour", "0001_initial"), ("every_operation", "0007_rename_models")]
    # Has to come before a certain step of the other app, without that step knowing of this one.
    run_before = [("every_operation", "0008_model_options")]
    operations = [
        migrations.AddField(
            model_name="letter",
            name="about",
            field=models.ForeignKey(
                null=True, on_delete=models.CASCADE, to="every_operation.volume"
            ),
        ),
        migrations.RenameField(model_name="letter", old_name="place", new_name="sent_from"),
    ]
