from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("odd_names", "0003_change")]
    operations = [
        migrations.DeleteModel("Order"),
        migrations.DeleteModel("Customer"),
        migrations.DeleteModel("Longest"),
    ]
