"""The admin's pages and the report as a file, in a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.support.select import Select

from browsing import Browser, browser
from serving import NASTY, PASSWORD, Site

PAGES = [
    "",
    "?losses=1",
    "migrations/shop/0001_initial/",
    "runs/",
    "runs/1/",
    "archives/",
    "archives/1/?rows=1",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = Site(tmp_path_factory.mktemp("site"))
    made.prepare()
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def admin(site: Site, chromium: Browser) -> Iterator[str]:
    """The address of the pages, for somebody who has logged in."""
    with site.served() as address:
        chromium.open(f"{address}/admin/migrations/")
        chromium.type("#id_username", "root")
        chromium.type("#id_password", PASSWORD)
        chromium.one("#login-form").submit()
        assert chromium.one("h1").text == "Migrations"
        yield f"{address}/admin/migrations/"


@pytest.fixture(scope="module")
def file(site: Site) -> str:
    return site.page().as_uri()


@pytest.fixture(autouse=True)
def light(chromium: Browser) -> None:
    chromium.set_colours("light")
    chromium.complaints()
    chromium.requests()


def is_drawn(chromium: Browser) -> bool:
    """Every migration has its place in the drawing, and a colour."""
    script = """
    const circles = [...document.querySelectorAll("svg.graph circle")];
    return circles.length > 10 && circles.every((circle) => {
      const box = circle.getBoundingClientRect(), style = getComputedStyle(circle);
      return box.width > 5 && style.stroke !== "none" && style.fill !== "";
    });
    """
    return bool(chromium.run(script))


# --- the admin --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def check_that_a_page_is_quiet(chromium: Browser, admin: str, page: str) -> None:
    chromium.open(admin + page)
    assert chromium.all("#content-main.migration-tools")
    assert chromium.complaints() == []
    asked = chromium.requests()
    assert asked[0] == admin + page
    origin = admin.removesuffix("admin/migrations/")
    assert [address for address in asked if not address.startswith(origin)] == []


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def check_contrasts(chromium: Browser, admin: str, page: str, scheme: str) -> None:
    chromium.set_colours(scheme)
    chromium.open(admin + page)
    assert chromium.poor_contrasts("#content-main") == []


def check_the_graph(chromium: Browser, admin: str) -> None:
    chromium.open(admin)
    assert is_drawn(chromium)
    assert chromium.shown(".mt-problem")
    labels = [each.text for each in chromium.all("svg.graph text")]
    assert f"shop.{NASTY}" in labels


def check_the_filter(chromium: Browser, admin: str) -> None:
    chromium.open(admin)
    every = len(chromium.shown(".mt-migration"))
    chromium.type("#mt-find", "SPECS_color")
    (row,) = chromium.shown(".mt-migration")
    assert "0003_specs_color_owner" in row
    assert chromium.one("#mt-found").text == f"1 of {every}"
    assert len(chromium.shown(".mt-app")) == 1
    chromium.type("#mt-find", "")
    Select(chromium.one("#mt-state")).select_by_visible_text("ghost")
    (row,) = chromium.shown(".mt-migration")
    assert "0000_lost" in row
    Select(chromium.one("#mt-state")).select_by_visible_text("all")
    assert len(chromium.shown(".mt-migration")) == every


def check_the_keyboard(chromium: Browser, admin: str) -> None:
    chromium.open(admin)
    reached = chromium.tabbed(250)
    ids = [each["id"] for each in reached]
    texts = [each["text"] for each in reached]
    labels = [each["label"] for each in reached]
    assert ids.index("mt-find") < ids.index("mt-state") < labels.index("mt-graph")
    for text in ("Runs", "Archives", "Count what would be lost", "0001_initial", NASTY):
        assert text in texts
    ours = reached[ids.index("mt-find") :]
    assert [each for each in ours if not each["seen"]] == []


def check_that_a_person_can_walk(chromium: Browser, admin: str) -> None:
    """From the report to a migration, its archive, its run."""
    chromium.open(admin)
    follow(chromium, "0002_note")
    assert chromium.one("h1").text == "shop.0002_note"
    chromium.one("#content-main table a").click()
    assert chromium.one("h1").text == "Archive 1"
    follow(chromium, "run 2")
    assert "migrate_safe --undo 2" in chromium.one("#content-main pre").text
    assert chromium.complaints() == []


def follow(chromium: Browser, text: str) -> None:
    next(link for link in chromium.all("#content-main a") if link.text == text).click()


# --- the file ---------------------------------------------------------------------------------


def check_that_the_file_is_quiet(chromium: Browser, file: str) -> None:
    chromium.open(file)
    assert chromium.complaints() == []
    assert {address for address in chromium.requests() if not address.startswith("data:")} == {file}
    assert is_drawn(chromium)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def check_contrasts_of_the_file(chromium: Browser, file: str, scheme: str) -> None:
    chromium.set_colours(scheme)
    chromium.open(file)
    chromium.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert chromium.poor_contrasts("body") == []


def check_the_filter_of_the_file(chromium: Browser, file: str) -> None:
    chromium.open(file)
    every = len(chromium.shown(".migration"))
    chromium.type("#find", "specs_COLOR")
    found = chromium.shown(".migration")
    assert any("0003_specs_color_owner" in row for row in found)
    assert 0 < len(found) < every / 2
    chromium.type("#find", "")
    assert len(chromium.shown(".migration")) == every


def check_the_keyboard_in_the_file(chromium: Browser, file: str) -> None:
    chromium.open(file)
    reached = chromium.tabbed(250)
    assert "find" in [each["id"] for each in reached]
    assert "summary" in [each["tag"] for each in reached]
    assert "Graph of default" in [each["label"] for each in reached]
    assert [each for each in reached if not each["seen"]] == []


# --- pictures for the documentation -----------------------------------------------------------


def check_pictures(chromium: Browser, admin: str, file: str, tmp_path: Path) -> None:
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    for name, address in (("admin", admin), ("report", file)):
        chromium.open(address)
        assert chromium.driver.save_screenshot(str(folder / f"{name}.png"))
