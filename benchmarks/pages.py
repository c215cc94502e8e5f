"""The page of a long history: how big it is, and how long a browser takes to open it.

    python -m benchmarks.pages [--migrations 1000] [--rounds 5] [--browser chromium]

The browser is headless and told to have nothing kept. What is timed in it is from the start of the
navigation to the end of its load event, layout and the page's script included, by its own clock.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks.projects import open_project

MOST_BYTES, MOST_SECONDS = 2_000_000, 1.0
PROBE = """<script>addEventListener("load", function () {
  document.body.offsetHeight;
  setTimeout(function () {
    var told = performance.getEntriesByType("navigation")[0];
    document.title = "LOADED " + Math.max(told.loadEventEnd, told.domComplete) + " PAINTED " +
      performance.now();
  });
});</script></body>"""


def opened(browser: str, page: Path, profile: Path) -> tuple[float, float]:
    """Seconds until loaded, and until the next task after layout."""
    done = subprocess.run(
        [
            browser,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={profile}",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = re.search(r"<title>LOADED ([\d.]+) PAINTED ([\d.]+)", done.stdout)
    if found is None:
        raise SystemExit(f"The page was not loaded:\n{done.stderr[-2000:]}")
    return float(found[1]) / 1000, float(found[2]) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--migrations", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--browser", default="chromium")
    options = parser.parse_args()
    browser = shutil.which(options.browser)
    if browser is None:
        raise SystemExit(f"{options.browser} is not installed.")
    with tempfile.TemporaryDirectory(prefix="mt_bench_") as scratch:
        folder = Path(scratch)
        project = open_project(f"synthetic-{options.migrations}", folder)
        page = folder / "report.html"
        project.run(
            "manage.py", "migrate", "app0", "0001", "--skip-checks", "-v", "0"
        )  # the rest is pending, which has more to say
        project.run("manage.py", "migration_report", "--format", "html", "--output", str(page))
        size = page.stat().st_size
        probed = folder / "probed.html"
        probed.write_text(page.read_text().replace("</body>", PROBE))
        times = [opened(browser, probed, folder / "profile") for _ in range(options.rounds)]
    loaded, painted = (statistics.median(each) for each in zip(*times, strict=True))
    print(f"{options.migrations} migrations: {size:,} bytes, goal {MOST_BYTES:,}")
    print(
        f"loaded in {loaded:.2f} s, laid out in {painted:.2f} s, goal {MOST_SECONDS:g}"
        f" (the slowest of {options.rounds}: {max(t for _, t in times):.2f} s)"
    )


if __name__ == "__main__":
    main()
