"""What the pages show of a history, its runs and its archives; that they only read."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models
from django.template.loader import render_to_string
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from migration_tools.archives.catalogue import Catalogue
from migration_tools.journal import Journal
from migration_tools.web import asking
from tests.helpers import Project, changes_tables, insert, snapshot
from tests.web.site import ROOT, Page, content

pytestmark = changes_tables

SECRET = "what a person wrote"


def run(*target: str, **options: Any) -> None:
    call_command("migrate_safe", *target, stdout=io.StringIO(), interactive=False, **options)


@pytest.fixture
def lived(shop: Project) -> Project:
    """Applied as run 1, with a row; the last two taken back as run 2, and archived."""
    run("shop")
    insert("shop_item", id=[1], note=[SECRET], size=[None])
    run("shop", "0001", allow_data_loss=True)
    return shop


def page(client: Client, address: str) -> Page:
    answer = client.get(ROOT + address)
    assert answer.status_code == 200
    return Page(answer.content.decode())


def runs() -> list[int]:
    return [run.id for run in reversed(Journal(connection).runs())]


def kept() -> int:
    (archive,) = Catalogue(connection).find()
    return archive.number


def everything(shop: Project) -> list[str]:
    number, archive = runs()[-1], kept()
    return [
        "",
        "?losses=1",
        "migrations/shop/0002_note/",
        "migrations/shop/0002_note/?losses=1",
        "runs/",
        f"runs/{number}/",
        "archives/",
        f"archives/{archive}/",
        f"archives/{archive}/?rows=1",
    ]


# --- each page --------------------------------------------------------------------------------


def test_the_report(root: Client, lived: Project) -> None:
    told = page(root, "")
    assert "shop 1 applied, 2 pending" in told.text
    assert f"{ROOT}migrations/shop/0003_size/" in told.links()
    (drawing,) = (a["aria-label"] for tag, a in told.tags if a.get("class") == "graph")
    assert re.match(r"Dependencies of \d+ migrations", drawing)
    assert ("input", "mt-find") in [(tag, a.get("id")) for tag, a in told.tags]


def test_a_migration_that_was_applied(root: Client, lived: Project) -> None:
    first, _ = runs()
    told = page(root, "migrations/shop/0001_initial/")
    assert "State applied" in told.text
    assert re.search(r"Applied \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", told.text)
    assert re.search(rf"Run {first} by \S+@\S+, version \S+, took \d+\.\d s", told.text)
    assert "Create model Item" in told.text
    assert "as when it ran" in told.text
    assert f"{ROOT}runs/{first}/" in told.links()
    assert f"{ROOT}migrations/shop/0002_note/" in told.links()


def test_a_migration_of_which_something_is_kept(root: Client, lived: Project) -> None:
    told = page(root, "migrations/shop/0002_note/")
    assert "State pending" in told.text
    assert f"{ROOT}archives/{kept()}/" in told.links()
    assert f"{ROOT}migrations/shop/0001_initial/" in told.links()


def test_runs(root: Client, lived: Project) -> None:
    first, second = runs()
    assert [f"{ROOT}runs/{n}/" for n in (second, first)] == page(root, "runs/").links(
        f"{ROOT}runs/"
    )[1:]
    told = page(root, f"runs/{second}/")
    assert f"manage.py migrate_safe --undo {second}" in told.text
    assert re.search(r"1 shop\.0003_size backwards done .* 2 shop\.0002_note", told.text)


def test_a_run_that_was_taken_back(root: Client, lived: Project) -> None:
    _, second = runs()
    run(undo=second)
    third = runs()[-1]
    told = page(root, f"runs/{second}/")
    assert f"Taken back by run {third}" in told.text
    assert "--undo" not in told.text
    assert f"Takes back run {second}" in page(root, f"runs/{third}/").text


def test_a_run_that_failed(root: Client, shop: Project) -> None:
    shop.migration("0004_wrong", migrations.RunSQL("SELECT nonsense FROM nowhere_at_all", ""))
    with pytest.raises(Exception, match="nowhere_at_all"):
        run("shop", allow_opaque=True)
    told = page(root, f"runs/{runs()[-1]}/")
    assert "Outcome failed" in told.text
    assert "nowhere_at_all" in told.text
    assert "manage.py migrate_safe --status" in told.text


def test_archives(root: Client, lived: Project) -> None:
    assert "shop.0002_note" in page(root, "archives/").text
    told = page(root, f"archives/{kept()}/")
    assert "column" in told.text
    assert f"manage.py migration_archives export {kept()}" in told.text
    assert "Rows 1, counted just now" in page(root, f"archives/{kept()}/?rows=1").text


@pytest.mark.parametrize(
    "address",
    ["runs/999999/", "archives/999999/", "migrations/shop/0009_none/", "?database=none", "x/"],
)
def test_what_is_not_there(root: Client, address: str) -> None:
    assert root.get(ROOT + address).status_code == 404


def test_nothing_has_been_run_yet(root: Client) -> None:
    assert "No run of migrate_safe" in page(root, "runs/").text
    assert "No archives" in page(root, "archives/").text
    assert "shop 3 pending" in page(root, "").text


# --- only reading -----------------------------------------------------------------------------

WRITING = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|TRUNCATE|LOCK)\b")


def test_nothing_is_written(root: Client, lived: Project) -> None:
    before = snapshot()
    with CaptureQueriesContext(connection) as queries:
        for address in everything(lived):
            page(root, address)
    texts = [query["sql"] for query in queries.captured_queries]
    assert [text for text in texts if WRITING.match(text)] == []
    assert snapshot() == before


def counts(root: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        page(root, address)
    return [q["sql"] for q in queries.captured_queries if "COUNT(" in q["sql"].upper()]


def test_rows_are_counted_for_whoever_asks(root: Client, lived: Project) -> None:
    for address in everything(lived):
        if "=1" not in address:
            assert counts(root, address) == []
    run("shop")
    assert counts(root, "?losses=1") != []
    (loss,) = re.findall(r"taking it back loses 1 value of 1 row", page(root, "?losses=1").text)
    assert loss in page(root, "migrations/shop/0002_note/?losses=1").text


def test_one_request_counts_at_a_time(
    root: Client, shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server has many threads, and recording is for one."""
    locked: list[bool] = []

    def measured(*args: Any, **options: Any) -> dict[Any, Any]:
        locked.append(asking.ONE_AT_A_TIME.locked())
        return {}

    monkeypatch.setattr(asking, "measured", measured)
    page(root, "?losses=1")
    assert locked == [True]
    assert not asking.ONE_AT_A_TIME.locked()


def test_no_value_of_a_row_is_shown(root: Client, lived: Project) -> None:
    for address in everything(lived):
        assert SECRET not in root.get(ROOT + address).content.decode()


def test_as_many_queries_for_a_long_history(root: Client, lived: Project) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            page(root, address)
        return len(captured)

    addresses = [address for address in everything(lived) if "=1" not in address]
    page(root, "")  # what is asked once in a process
    before = [queries(address) for address in addresses]
    for number in range(4, 40):
        shop_field(lived, number)
    run("shop")
    run("shop", "0010", allow_data_loss=True)
    after = [queries(address) for address in addresses]
    # Fewer where an archive has been brought back meanwhile.
    assert [n for n, (was, now) in enumerate(zip(before, after, strict=True)) if now > was] == []
    assert max(before) < 30


def shop_field(shop: Project, number: int) -> None:
    field = models.IntegerField(null=True)
    shop.migration(f"{number:04}_more", migrations.AddField("Item", f"n{number}", field))


# --- how it is written ------------------------------------------------------------------------


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(root: Client, lived: Project) -> None:
    for address in everything(lived):
        text = root.get(ROOT + address).content.decode()
        told = Page(text)
        for tag, attributes in told.tags:
            assert "style" not in attributes
            assert not [name for name in attributes if name.startswith("on")]
            assert tag != "style"
            assert tag != "script" or attributes.get("src", "").startswith("/static/")
        links = [a[n] for _, a in told.tags for n in ("href", "src", "action") if n in a]
        assert [link for link in links if not link.startswith(("/", "?", "#"))] == []


LANGUAGES = [("de", 'dir="ltr"'), ("ar", 'dir="rtl"')]


@pytest.mark.parametrize(("language", "direction"), LANGUAGES)
def test_in_an_admin_of_another_language(
    root: Client, lived: Project, language: str, direction: str
) -> None:
    rewritten = {"USE_THOUSAND_SEPARATOR": True, "LANGUAGE_CODE": language}
    with override_settings(**rewritten):
        for address in everything(lived):
            text = root.get(ROOT + address, headers={"Accept-Language": language}).content.decode()
            assert direction in text.partition("<head>")[0]
            assert 'lang="en" dir="ltr"' in text
            assert Page(content(text)).links(f"{ROOT}runs/")


def test_a_link_for_the_index_of_the_admin(root: Client) -> None:
    text = render_to_string("migration_tools/admin/link.html")
    assert Page(text).links() == [ROOT]
    with override_settings(ROOT_URLCONF="tests.web.other_urls"):
        text = render_to_string("migration_tools/admin/link.html")
    assert text.strip() == ""


def test_numbers_are_never_cut_into_thousands(root: Client, lived: Project) -> None:
    Journal(connection)._rows(0).filter(pk=runs()[0]).update(pid=1234567)
    with override_settings(USE_THOUSAND_SEPARATOR=True, LANGUAGE_CODE="en"):
        assert "process 1234567" in page(root, f"runs/{runs()[0]}/").text
