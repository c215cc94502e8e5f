from __future__ import annotations

import argparse
from collections import Counter
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from Cars import samples
from Cars.models import Owner, Specs
from Cars.samples import Car, cars
from Inspections.models import Inspection

BATCH = 1000


class Command(BaseCommand):
    help = "Fills the example with cars, their owners and inspections; edge cases included."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--rows", type=whole_number, default=1204, help="How many cars (default: 1204)."
        )
        parser.add_argument(
            "--seed", type=int, default=1, help="Another number gives other cars (default: 1)."
        )
        parser.add_argument(
            "--clear",
            action="store_true",
            help="First delete all cars, owners and inspections that are there.",
        )
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, help="The alias of the database to fill."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        alias = options["database"]
        if alias not in connections:
            raise CommandError(f"There is no database {alias!r} in DATABASES.")
        try:
            self.check_migrations(alias)
            with transaction.atomic(using=alias):
                self.make_room(alias, clear=options["clear"])
                totals = load(options["rows"], options["seed"], alias)
        except DatabaseError as error:
            said = " ".join(str(error).split())
            raise CommandError(f"The database {alias!r} said: {said}") from error
        self.report(totals, alias)

    def check_migrations(self, alias: str) -> None:
        executor = MigrationExecutor(connections[alias])
        labels = ("Cars", "Inspections")
        targets = [node for node in executor.loader.graph.leaf_nodes() if node[0] in labels]
        missing = [str(migration) for migration, _ in executor.migration_plan(targets)]
        if missing:
            raise CommandError(
                f"Not applied: {', '.join(missing)}. Run 'python manage.py migrate' first."
            )

    def make_room(self, alias: str, *, clear: bool) -> None:
        there = Specs.objects.using(alias).count()
        if not there:
            return
        if not clear:
            raise CommandError(f"There are {there:,} cars already; --clear deletes them first.")
        operations = connections[alias].ops
        tables = [model._meta.db_table for model in (Inspection, Owner, Specs)]
        # Not queryset.delete(): the numbering starts again at 1, so that every load is the same.
        operations.execute_sql_flush(operations.sql_flush(no_style(), tables, reset_sequences=True))
        self.stdout.write(f"Deleted {there:,} cars with their owners and inspections.")

    def report(self, totals: Counter[str], alias: str) -> None:
        vendor = connections[alias].display_name
        self.stdout.write(
            self.style.SUCCESS(
                f"Loaded {totals['cars']:,} cars, {totals['owners']:,} owners and "
                f"{totals['inspections']:,} inspections into {alias} ({vendor})."
            )
        )
        self.stdout.write(
            f"  {totals['colored']:,} cars have a color, {totals['fractional']:,} weigh a fraction "
            f"of a kilogram, {totals['negative']:,} less than nothing."
        )


def whole_number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 up.")
    return int(text)


def load(rows: int, seed: int, alias: str) -> Counter[str]:
    totals: Counter[str] = Counter()
    source = cars(rows, seed)
    while batch := list(islice(source, BATCH)):
        load_batch(batch, totals["cars"] + 1, alias)
        totals.update(
            cars=len(batch),
            owners=sum(len(car.owners) for car in batch),
            inspections=sum(car.inspection is not None for car in batch),
            colored=sum(car.color is not None for car in batch),
            fractional=sum(car.is_fractional for car in batch),
            negative=sum(car.weight < 0 for car in batch),
        )
    # PostgreSQL does not notice ids that it did not give itself.
    with connections[alias].cursor() as cursor:
        for statement in connections[alias].ops.sequence_reset_sql(no_style(), [Specs]):
            cursor.execute(statement)
    return totals


def load_batch(batch: list[Car], first_id: int, alias: str) -> None:
    rows: list[Specs] = []
    owners: list[Owner] = []
    inspections: list[Inspection] = []
    # The ids are given here because MySQL does not tell the ones it gave to many rows at once.
    for number, car in enumerate(batch, start=first_id):
        rows.append(
            Specs(id=number, name=car.name, price=car.price, weight=car.weight, color=car.color)
        )
        owners += [Owner(name=name, car_id=number) for name in car.owners]
        if car.inspection is not None:
            inspections.append(inspection_row(car.inspection, number))
    Specs.objects.using(alias).bulk_create(rows)
    Owner.objects.using(alias).bulk_create(owners)
    Inspection.objects.using(alias).bulk_create(inspections)


def inspection_row(inspection: samples.Inspection, car_id: int) -> Inspection:
    return Inspection(
        car_id=car_id,
        inspected_on=inspection.day,
        plate=inspection.plate,
        passed=inspection.passed,
        remarks=inspection.remarks,
    )
