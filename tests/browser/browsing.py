"""Chromium without a window, and what can be asked of the page that it shows."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

#: Of every element with a text of its own that can be seen: its text, its contrast, what it needs.
CONTRASTS = """
const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const light = (colour) => {
  const [r, g, b] = colour.slice(0, 3).map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const colour = rgb(getComputedStyle(each).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return getComputedStyle(document.documentElement).colorScheme.includes("dark") &&
    matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
};
const found = [];
for (const element of document.querySelector(arguments[0]).querySelectorAll("*")) {
  const text = [...element.childNodes].filter((node) => node.nodeType === 3)
    .map((node) => node.textContent.trim()).join("");
  const isSeen = element.checkVisibility() && !/^(title|option)$/i.test(element.nodeName);
  if (!text || !isSeen) continue;
  const style = getComputedStyle(element);
  const ink = rgb(element instanceof SVGElement ? style.fill : style.color);
  const [a, b] = [light(ink), light(ground(element))];
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  found.push([text.slice(0, 60), ratio, large ? 3 : 4.5]);
}
return found;
"""
FOCUSED = """
const element = document.activeElement;
if (!element || element === document.body) return null;
const style = getComputedStyle(element);
return {
  tag: element.nodeName.toLowerCase(), id: element.id,
  text: element.textContent.trim().slice(0, 60),
  label: element.getAttribute("aria-label") || element.getAttribute("aria-labelledby") || "",
  seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
};
"""


class Browser:
    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, address: str) -> None:
        self.driver.get(address)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def one(self, selector: str) -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def shown(self, selector: str) -> list[str]:
        return [each.text for each in self.all(selector) if each.is_displayed()]

    def type(self, selector: str, text: str) -> None:
        field = self.one(selector)
        field.send_keys(Keys.CONTROL + "a")
        field.send_keys(Keys.BACKSPACE)  # as a person does: clear() is no input
        field.send_keys(text)

    def set_colours(self, scheme: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def poor_contrasts(self, selector: str) -> list[Any]:
        measured = self.run(CONTRASTS, selector)
        assert len(measured) > 5
        return [each for each in measured if each[1] < each[2]]

    def tabbed(self, most: int) -> list[dict[str, Any]]:
        """What has the focus after each press of Tab, from the start of the page, once round."""
        self.run("document.activeElement.blur(); window.scrollTo(0, 0)")
        found: list[dict[str, Any]] = []
        for _ in range(most):
            self.one("body").send_keys(Keys.TAB) if not found else self._press()
            focused = self.run(FOCUSED)
            if focused is None:
                break
            found.append(focused)
        return found

    def _press(self) -> None:
        self.driver.switch_to.active_element.send_keys(Keys.TAB)

    def complaints(self) -> list[str]:
        """What the console has said since the last look."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last look."""
        messages = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    options = ChromeOptions()
    options.binary_location = program("chromium")
    for argument in (
        "headless=new",
        "no-sandbox",  # root, in CI
        "disable-gpu",
        "disable-dev-shm-usage",
        "disable-background-networking",
        "disable-component-update",
        "force-color-profile=srgb",
        "window-size=1200,900",
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(executable_path=program("chromedriver")))
    driver.set_page_load_timeout(30)
    try:
        yield Browser(driver)
    finally:
        driver.quit()


def program(name: str) -> str:
    """A missing browser is a failure, never a skip."""
    found = shutil.which(name)
    assert found, f"{name} is not installed; on Debian: apt-get install chromium chromium-driver"
    return found
