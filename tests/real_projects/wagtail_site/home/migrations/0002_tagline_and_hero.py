from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("home", "0001_initial"), ("wagtailimages", "0027_image_description")]

    operations = [
        migrations.AddField(
            model_name="homepage",
            name="hero",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="wagtailimages.image",
            ),
        ),
        migrations.AddField(
            model_name="homepage",
            name="tagline",
            field=models.CharField(blank=True, max_length=120, null=True),
        ),
    ]
