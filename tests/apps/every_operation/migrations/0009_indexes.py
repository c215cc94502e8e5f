"""Indexes: added, renamed and removed; those that an engine cannot make, it leaves out."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0008_model_options")]
    operations = [
        # One that has no name, from index_together, and one that has.
        migrations.RenameIndex(
            model_name="chapter", old_fields=("number", "heading"), new_name="eo_number_heading"
        ),
        migrations.RenameIndex(
            model_name="volume", old_name="eo_book_price_idx", new_name="eo_volume_price_idx"
        ),
        migrations.AddIndex(
            model_name="volume", index=models.Index(fields=["name", "-price"], name="eo_name_price")
        ),
        migrations.AddIndex(
            model_name="volume",
            index=models.Index(Lower("name"), models.F("pages").desc(), name="eo_expressions"),
        ),
        migrations.AddIndex(
            model_name="volume",
            index=models.Index(
                condition=models.Q(("pages__gt", 100)), fields=["pages"], name="eo_condition"
            ),
        ),
        migrations.AddIndex(
            model_name="volume",
            index=models.Index(fields=["pages"], include=["price"], name="eo_include"),
        ),
        migrations.AddIndex(
            model_name="chapter", index=models.Index(fields=["heading"], name="eo_short_lived")
        ),
        migrations.RemoveIndex(model_name="chapter", name="eo_short_lived"),
        migrations.RemoveIndex(model_name="volume", name="eo_volume_price_idx"),
    ]
