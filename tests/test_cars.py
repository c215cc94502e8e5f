"""The main job on the example everybody knows, on the engine under test."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations import AddConstraint
from django.db.migrations.recorder import MigrationRecorder

from tests.helpers import (
    Project,
    codes,
    insert,
    labels,
    losses,
    model,
    plan,
    quote,
    refusal,
    snapshot,
    sql,
    told,
)

SPECS = "Cars_specs"


@pytest.fixture
def cars(project: Project) -> Any:
    with project.installed("Cars", "Inspections"):
        call_command("migrate", verbosity=0, skip_checks=True)
        call_command("load_cars", rows=300, verbosity=0)
        yield project


def one(query: str) -> int:
    return int(sql(query)[0][0])


def hand_written() -> dict[str, int]:
    table, weight = quote(SPECS), quote("weight")
    return {
        "owners": one(f"SELECT COUNT(*) FROM {quote('Cars_owner')}"),
        "cars": one(f"SELECT COUNT(*) FROM {table}"),
        "colors": one(f"SELECT COUNT(*) FROM {table} WHERE {quote('color')} IS NOT NULL"),
        "fractions": one(f"SELECT COUNT(*) FROM {table} WHERE {weight} <> ROUND({weight}, 0)"),
        "negative": one(f"SELECT COUNT(*) FROM {table} WHERE {weight} < 0"),
    }


def rounds() -> bool:
    """Whether this engine's integer columns hold integers only."""
    return connection.vendor != "sqlite"


def test_counts_are_those_of_hand_written_sql(cars: Project) -> None:
    counted, report = hand_written(), plan("Cars", "0001")
    assert all(counted.values())
    expected = [
        ("table", "Cars_owner", None, counted["owners"], None),
        ("column", SPECS, "color", counted["cars"], counted["colors"]),
    ]
    if rounds():
        expected.append(("values", SPECS, "weight", counted["cars"], counted["fractions"]))
    assert losses(report) == expected
    findings = {f["code"]: f["rows"] for f in told(report, "findings")}
    # Where the fractions stay stored they are no loss, but an integer field reads them as floats.
    misread = {} if rounds() else {"MT301": counted["fractions"]}
    assert findings == {"MT107": counted["negative"], **misread}
    assert report["exact"]
    assert labels(report) == ["Cars.0003_specs_color_owner", "Cars.0002_alter_specs_weight"]


def test_the_listing_query_lists_the_rows(cars: Project) -> None:
    blocker = next(f for f in told(plan("Cars", "0001"), "findings") if f["severity"] == "blocker")
    listed = sql(blocker["query"])
    by_hand = f"SELECT {quote('id')}, {quote('weight')} FROM {quote(SPECS)} WHERE "
    assert listed == sql(f"{by_hand}{quote('weight')} < 0")
    assert len(listed) == blocker["rows"] == 2


def test_refused_with_two_negative_weights_then_mended_and_reverted(cars: Project) -> None:
    before = snapshot()
    message = refusal("migrate_safe", "Cars", "0001", interactive=False, allow_data_loss=True)
    assert "Cars.0002_alter_specs_weight" in message
    assert f"2 rows of {quote(SPECS)} are below 0" in message
    assert "Nothing was changed." in message
    assert snapshot() == before

    sql(f"UPDATE {quote(SPECS)} SET {quote('weight')} = 7.5 WHERE {quote('weight')} < 0")
    mended = snapshot()
    message = refusal("migrate_safe", "Cars", "0001", interactive=False)
    fingerprint = plan("Cars", "0001")["fingerprint"]
    assert f"--accept {fingerprint}" in message
    assert snapshot() == mended

    out = io.StringIO()
    options: dict[str, Any] = {"interactive": False, "accept": fingerprint, "stdout": out}
    call_command("migrate_safe", "Cars", "0001", **options)
    assert "Unapplying Cars.0002_alter_specs_weight... OK" in out.getvalue()
    applied = MigrationRecorder(connection).applied_migrations()
    assert [name for app, name in applied if app == "Cars"] == ["0001_initial"]
    weights = {row[0] for row in sql(f"SELECT {quote('weight')} FROM {quote(SPECS)}")}
    assert all(weight == int(weight) for weight in weights) == rounds()


def test_fractions_that_round_below_zero_are_told_as_this_engine_does(cars: Project) -> None:
    sql(f"DELETE FROM {quote('Cars_owner')}")
    sql(f"DELETE FROM {quote('Inspections_inspection')}")
    sql(f"DELETE FROM {quote(SPECS)}")
    insert(SPECS, id=[1], name=["Mini"], price=["1.00"], weight=["-0.400"], color=[None])
    blockers = [f for f in told(plan("Cars", "0001"), "findings") if f["severity"] == "blocker"]
    try:
        call_command("migrate", "Cars", "0001", verbosity=0, skip_checks=True)
        failed = False
    except Exception:
        failed = True
    assert bool(blockers) == failed


def test_an_irreversible_step_is_found_before_the_first_one(cars: Project) -> None:
    before = snapshot()
    message = refusal("migrate_safe", "Inspections", "zero", interactive=False)
    assert "Inspections.0004_upper_case_plates" in message
    assert "0004_upper_case_plates.py:" in message
    assert snapshot() == before
    report = plan("Inspections", "zero")
    assert [step["reversible"] for step in report["steps"]] == [False, True, True, True]


def test_a_blocker_that_was_not_counted_needs_a_yes(project: Project) -> None:
    project.migration("0001_initial", model("Item", name=models.CharField(max_length=9)))
    once = models.UniqueConstraint(fields=["name"], name="once")
    project.migration("0002_unique", AddConstraint("Item", once))
    with project.installed("django.contrib.contenttypes"):
        project.migrate("shop", "0001")
        insert("shop_item", id=[1, 2], name=["a", "b"])
        assert codes(plan("shop")) == []
        report = plan("shop", count_timeout=0)
        assert codes(report)[0] == "MT108 warning"
        assert report["totals"]["unknown"] == 1
        assert not report["exact"]
        with pytest.raises(SystemExit) as ended:
            plan("shop", count_timeout=0, check=True)
        assert ended.value.code == 3
        message = refusal("migrate_safe", "shop", interactive=False, count_timeout=0)
        assert "may stop on its way" in message
        call_command("migrate_safe", "shop", interactive=False, verbosity=0)
