"""`migrate_safe` on top of django-pgmigrate's `migrate`, which ends the sessions in its way."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest
from sites import Site, connect, side_by_side, site

LOSSY = ("Cars", "0002")
IN_FORCE = "Postgres process ID: N"
ROWS = """
INSERT INTO "Cars_specs" VALUES (1, 'Ami', 7990, 485, 'blue'), (2, '2CV', 900.50, 560, NULL);
INSERT INTO "Cars_owner" VALUES (1, 'Ann', 1), (2, 'Bob', 2), (3, 'Cid', 2);
"""


@pytest.fixture(scope="module")
def built() -> Iterator[Site]:
    with site("pgmigrate_site") as made:
        done = made.manage("migrate", "--noinput")
        assert done.code == 0, done.err
        made.query(ROWS)
        yield made


@pytest.fixture
def filled(built: Site) -> Iterator[Site]:
    with site("pgmigrate_site", template=built) as copy:
        yield copy


def test_harmless_runs_are_those_of_the_package() -> None:
    calls = ((), ("--plan",), ("Cars", "0001", "-v", "2"), ("Cars",), ("Cars", "zero", "-v", "0"))
    with site("pgmigrate_site") as plain, site("pgmigrate_site") as safe:
        for call in calls:
            theirs, ours = side_by_side(plain, safe, call)
            assert (ours.code, ours.out) == (theirs.code, theirs.out), call
            assert (IN_FORCE in ours.out) == ("0" not in call[-1:]), "pgmigrate was not in force"
            assert safe.records("public") == plain.records("public"), call
        assert safe.state() == plain.state()


def test_losses_are_shown_and_refused(filled: Site) -> None:
    before = filled.state()
    refused = filled.manage("migrate_safe", *LOSSY)
    assert refused.code == 1
    assert IN_FORCE in refused.out
    assert 'loses 3 rows of "Cars_owner"' in refused.out
    assert 'loses 1 value of 2 rows in "Cars_specs"."color"' in refused.out
    assert "there is nobody to ask. Nothing was changed." in refused.err
    assert filled.state() == before

    plan = filled.manage("migration_plan", *LOSSY).out
    fingerprint = plan.rpartition("Fingerprint: ")[2].strip()
    accepted = filled.manage("migrate_safe", *LOSSY, "--accept", fingerprint)
    assert accepted.code == 0, accepted.err
    assert IN_FORCE in accepted.out
    assert "Unapplying Cars.0003_specs_color_owner... OK" in accepted.out


def test_blockers_are_refused(filled: Site) -> None:
    filled.query("""INSERT INTO "Cars_specs" VALUES (3, 'Kite', 1, -2, NULL)""")
    before = filled.state()
    refused = filled.manage("migrate_safe", "Cars", "0001", "--allow-data-loss")
    assert refused.code == 1
    assert "would stop at Cars.0002_alter_specs_weight" in refused.err
    assert filled.state() == before


def is_alive(session: psycopg.Connection) -> bool:
    try:
        session.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def test_sessions_in_the_way(filled: Site) -> None:
    """One that reads stands in nobody's way until a step is run; then pgmigrate ends it."""
    with connect(filled.name) as reader:
        reader.execute("BEGIN")
        reader.execute('SELECT count(*) FROM "Cars_owner"')
        assert filled.manage("migrate_safe", *LOSSY).code == 1
        time.sleep(0.5)
        assert is_alive(reader)
        done = filled.manage("migrate_safe", *LOSSY, "--allow-data-loss")
        assert done.code == 0, done.err
        assert "Terminated 1 blocking query" in done.out
        assert not is_alive(reader)
