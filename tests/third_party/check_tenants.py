"""`migrate_safe` on top of django-tenants' `migrate`, which runs one plan for each schema."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sites import Site, side_by_side, site

LOSSY = ("Cars", "0002")
TENANTS = ("one", "two")


def add_tenants(made: Site) -> None:
    for schema in TENANTS:
        made.query(f"CREATE SCHEMA {schema}")
        made.query(
            f"INSERT INTO customers_client (schema_name, name, note) VALUES ('{schema}', '', '')"
        )


def rows(schema: str, owners: int) -> str:
    """One car with a color, owned by so many."""
    return f"""
        INSERT INTO {schema}."Cars_specs" VALUES (1, 'Ami', 7990, 485, 'blue');
        INSERT INTO {schema}."Cars_owner" SELECT n, 'Ann', 1 FROM generate_series(1, {owners}) n;
    """


@pytest.fixture(scope="module")
def built() -> Iterator[Site]:
    with site("tenants_site") as made:
        assert made.manage("migrate", "--shared").code == 0
        add_tenants(made)
        done = made.manage("migrate", "--tenant")
        assert done.code == 0, done.err
        made.query(rows("one", owners=2))
        made.query(rows("two", owners=5))
        yield made


@pytest.fixture
def filled(built: Site) -> Iterator[Site]:
    """Of a project with two tenants, who have cars."""
    with site("tenants_site", template=built) as copy:
        yield copy


def refused(made: Site, *words: str) -> tuple[str, str]:
    """What was shown, and why; nothing was changed in any schema."""
    before = made.state()
    outcome = made.manage("migrate_safe", *words)
    assert outcome.code == 1, outcome.out + outcome.err
    # The pool of the other package may complain of itself when Python ends; that comes last.
    told, _, _ = outcome.err.partition("Exception ignored in: <function Pool.__del__")
    assert "Traceback" not in told
    assert made.state() == before
    return outcome.out, outcome.err


def accepted_by(error: str) -> str:
    (fingerprint,) = re.findall(r"--accept (\w{16})$", error, re.MULTILINE)
    return str(fingerprint)


def test_harmless_runs_are_those_of_the_package() -> None:
    """From nothing: the shared schema, then each tenant's; then to and fro."""
    shared = (("--shared", "-v", "2"),)
    tenants = (
        ("--schema", "one"),
        (),
        ("Cars", "0001", "--tenant"),
        ("--check", "--schema=two"),
        ("Cars", "0002", "--schema=two", "-v", "0"),
        ("--schema=nobody",),
    )
    with site("tenants_site") as plain, site("tenants_site") as safe:
        for call in (*shared, None, *tenants):
            if call is None:
                add_tenants(plain)
                add_tenants(safe)
                continue
            theirs, ours = side_by_side(plain, safe, call)
            assert (ours.code, ours.out) == (theirs.code, theirs.out), (call, ours.err)
            assert "Traceback" not in ours.err, call
            assert safe.state() == plain.state(), call
        for schema in ("public", *TENANTS):
            assert safe.records(schema) == plain.records(schema)


def test_each_schema_is_judged_by_its_own_rows(filled: Site) -> None:
    for schema, owners in (("one", 2), ("two", 5)):
        out, err = refused(filled, *LOSSY, "--schema", schema)
        assert f'loses {owners} rows of "Cars_owner"' in out
        assert f"2 losses: {owners + 1} values in 2 tables" in err
        assert f"manage.py migrate_safe Cars 0002 --schema {schema} --accept" in err


def test_consent_of_one_schema(filled: Site) -> None:
    _, err = refused(filled, *LOSSY, "--schema", "two")
    done = filled.manage("migrate_safe", *LOSSY, "--schema", "two", "--accept", accepted_by(err))
    assert done.code == 0, done.err
    assert ("Cars", "0003_specs_color_owner") in filled.records("one")
    assert ("Cars", "0003_specs_color_owner") not in filled.records("two")


def test_plan_of_a_schema_prints_the_same_fingerprint(filled: Site) -> None:
    _, err = refused(filled, *LOSSY, "--schema", "one")
    plan = filled.manage("tenant_command", "migration_plan", *LOSSY, "--schema=one")
    assert f"Fingerprint: {accepted_by(err)}" in plan.out, plan.err
    assert 'loses 2 rows of "Cars_owner"' in plan.out


def test_all_schemas(filled: Site) -> None:
    """The public schema has no cars: its plan loses nothing and runs; the first tenant's stops."""
    tenants = [filled.query(f'SELECT * FROM {schema}."Cars_owner"') for schema in TENANTS]
    stopped = filled.manage("migrate_safe", *LOSSY)
    assert stopped.code == 1
    assert "Nothing of this plan was run; the plan before it stayed." in stopped.err
    assert tenants == [filled.query(f'SELECT * FROM {schema}."Cars_owner"') for schema in TENANTS]
    done = filled.manage("migrate_safe", *LOSSY, "--accept", accepted_by(stopped.err))
    assert done.code == 0, done.err
    assert 'loses 2 rows of "Cars_owner"' in done.out
    assert 'loses 5 rows of "Cars_owner"' in done.out
    for schema in TENANTS:
        assert ("Cars", "0003_specs_color_owner") not in filled.records(schema)


def test_tables_of_the_public_schema_are_not_in_the_way(filled: Site) -> None:
    """contenttypes are in both; a schema that is made later gets its own."""
    filled.query("CREATE SCHEMA three")
    done = filled.manage("migrate_safe", "--schema", "three", "--fail-on-loss", "--allow-opaque")
    assert done.code == 0, done.err
    assert filled.query("SELECT count(*) FROM three.django_content_type") == [(5,)]
    filled.query("CREATE SCHEMA four")
    filled.query("CREATE TABLE four.django_content_type (id integer)")
    filled.manage("migrate", "--schema", "four", "--plan")  # makes the record of migrations
    _, err = refused(filled, "--schema", "four")
    assert 'table "django_content_type" is' in err


def test_blocker_in_one_schema(filled: Site) -> None:
    filled.query("""INSERT INTO two."Cars_specs" VALUES (3, 'Kite', 1, -2, NULL)""")
    _, err = refused(filled, "Cars", "0001", "--schema", "two", "--allow-data-loss")
    assert "would stop at Cars.0002_alter_specs_weight" in err
    done = filled.manage("migrate_safe", "Cars", "0001", "--schema", "one", "--allow-data-loss")
    assert done.code == 0, done.err


def test_executor_that_forks(filled: Site) -> None:
    """Each worker has the gate, and its refusal finds the way back."""
    out, err = refused(filled, *LOSSY, "--tenant", "--executor=multiprocessing")
    assert 'loses 2 rows of "Cars_owner"' in out
    assert "there is nobody to ask" in err


def test_executor_that_starts_processes(filled: Site) -> None:
    """Those have no gate, and nothing to judge with: whatever their plan is, they stop."""
    assert filled.manage("migrate", "Cars", "0001", "--tenant").code == 0
    _, err = refused(filled, "--tenant", "--executor=subprocess")
    assert "started by a migrate_safe" in err
    assert filled.manage("migrate_safe", "--tenant").code == 0
    # With nothing to do they may go on.
    assert filled.manage("migrate_safe", "--tenant", "--executor=subprocess").code == 0
