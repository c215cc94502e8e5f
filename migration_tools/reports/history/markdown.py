"""The history as Markdown for a pull request: a verdict, a table, details that fold."""

from __future__ import annotations

from collections.abc import Iterator

from migration_tools.history.statuses import AppStatus, Problem, State, Survey
from migration_tools.reports.history.losses import Told, cost_phrase
from migration_tools.reports.history.text import BOXES, details, health
from migration_tools.reports.markdown import code, cut, escaped

#: By which a program that updates its own comment finds it again.
MARKER = "<!-- migration_tools: migration_report -->"


def history_markdown(
    surveys: tuple[Survey, ...], differences: tuple[Problem, ...], costs: tuple[Told, ...]
) -> str:
    told = costs or ({},) * len(surveys)
    head = "\n".join([MARKER, *_verdict(surveys, differences)])
    details_of = [
        "\n".join(_survey(survey, of_survey, several=len(surveys) > 1))
        for survey, of_survey in zip(surveys, told, strict=True)
    ]
    return cut("\n\n".join([head, *details_of]))


def _verdict(surveys: tuple[Survey, ...], differences: tuple[Problem, ...]) -> Iterator[str]:
    problems = sum(len(survey.problems) for survey in surveys) + len(differences)
    pending = sum(app.count(State.PENDING) for survey in surveys for app in survey.apps)
    verdict = f"{problems} problem{'' if problems == 1 else 's'}" if problems else "no problems"
    yield f"**Migrations: {verdict}, {pending} pending**"
    for survey in surveys:
        where = f" ({escaped(survey.alias)})" if len(surveys) > 1 else ""
        for problem in survey.problems:
            yield ""
            yield from _problem(problem, where)
    for problem in differences:
        yield ""
        yield from _problem(problem, "")


def _problem(problem: Problem, where: str) -> Iterator[str]:
    yield f"- **{problem.kind.value}**{where}: {escaped(problem.message)}"
    if problem.remedy:
        yield f"  {code(problem.remedy)}"


def _survey(survey: Survey, costs: Told, *, several: bool) -> Iterator[str]:
    if several:
        yield f"### {escaped(survey.alias)} ({escaped(survey.database)})"
        yield ""
    yield "| app | migrations |"
    yield "|---|---|"
    for app in survey.apps:
        yield f"| {escaped(app.label)} | {health(app)} |"
    for app in survey.apps:
        if app.is_installed and any(not migration.is_plain for migration in app.migrations):
            yield ""
            yield from _app(app, costs)


def _app(app: AppStatus, costs: Told) -> Iterator[str]:
    yield f"<details><summary>{escaped(app.label)}</summary>"
    yield ""
    for migration in app.migrations:
        told = "; ".join(details(migration))
        told = f": {escaped(told)}" if told else ""
        yield f"- {code(BOXES[migration.state])} {escaped(migration.name)}{told}"
        for cost in costs.get((migration.app, migration.name), ()):
            yield f"  - {escaped(cost_phrase(cost))}"
    yield ""
    yield "</details>"
