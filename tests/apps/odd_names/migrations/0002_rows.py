from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import StateApps


def add_rows(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    customer = apps.get_model("odd_names", "Customer").objects.using(alias).create(name="Zoë")
    orders = apps.get_model("odd_names", "Order").objects.using(alias)
    for number in range(3):
        order = orders.create(
            choice=f"Nr. {number}",
            group=number,
            size=Decimal("12.345") + number,
            price=number,
            dotted=0.5 if number else None,
            long="long" if number else None,
            customer=customer,
        )
        order.others.add(customer)
    apps.get_model("odd_names", "Longest").objects.using(alias).create(name="x")


class Migration(migrations.Migration):
    dependencies = [("odd_names", "0001_initial")]
    operations = [migrations.RunPython(add_rows, migrations.RunPython.noop)]
