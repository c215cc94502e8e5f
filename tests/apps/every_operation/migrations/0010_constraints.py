"""Constraints: added, altered and removed; those that an engine cannot make, it leaves out."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Lower


def add(model: str, constraint: models.BaseConstraint) -> migrations.AddConstraint:
    return migrations.AddConstraint(model_name=model, constraint=constraint)


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0009_indexes")]
    operations = [
        add(
            "volume", models.CheckConstraint(condition=models.Q(("pages__gt", 0)), name="eo_pages")
        ),
        add(
            "couple",
            models.CheckConstraint(
                condition=models.Q(("left", models.F("right")), _negated=True), name="eo_differ"
            ),
        ),
        add("lending", models.UniqueConstraint(fields=("reader", "since"), name="eo_one_a_day")),
        add(
            "lending",
            models.UniqueConstraint(
                condition=models.Q(("since__year__gte", 2000)), fields=("book",), name="eo_recent"
            ),
        ),
        add("member", models.UniqueConstraint(Lower("login"), name="eo_login")),
        add(
            "member",
            models.UniqueConstraint(
                deferrable=models.Deferrable.DEFERRED, fields=("login",), name="eo_deferred"
            ),
        ),
        add(
            "member",
            models.UniqueConstraint(fields=("login",), include=("id",), name="eo_included"),
        ),
        add(
            "shelf",
            models.UniqueConstraint(fields=("described",), name="eo_nulls", nulls_distinct=True),
        ),
        # Only what people are told changes, not what the database checks.
        migrations.AlterConstraint(
            model_name="volume",
            name="eo_pages",
            constraint=models.CheckConstraint(
                condition=models.Q(("pages__gt", 0)),
                name="eo_pages",
                violation_error_message="A book has pages.",
            ),
        ),
        migrations.RemoveConstraint(model_name="volume", name="eo_book_price_not_negative"),
        migrations.RemoveConstraint(model_name="member", name="eo_deferred"),
    ]
