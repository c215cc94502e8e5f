"""The history as lines for a terminal or a log: problems first, then the apps."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone

from migration_tools.history.statuses import (
    AppStatus,
    Kind,
    Mark,
    MigrationStatus,
    Problem,
    State,
    Survey,
)
from migration_tools.reports.history.losses import Told, cost_phrase
from migration_tools.reports.lines import Line, Tone, folded

BOXES = {
    State.APPLIED: "[X]",
    State.IMPLIED: "[X]",
    State.PENDING: "[ ]",
    State.PARTIAL: "[~]",
    State.REPLACED: "[-]",
    State.GHOST: "[?]",
    State.UNKNOWN: "[.]",
}


def history_lines(
    survey: Survey, *, everything: bool, width: int, costs: Told | None = None
) -> Iterator[Line]:
    """``everything``: also the migrations of which there is nothing to say."""
    yield Line(text=f"Migrations on {survey.alias} ({survey.database})", tone=Tone.HEADING)
    yield Line(text="")
    yield from problem_lines(survey.problems, width)
    yield from _app_lines(survey, width)
    for app in survey.apps:
        plain = not app.is_installed
        shown = [m for m in app.migrations if everything or not (plain or m.is_plain)]
        if shown:
            yield Line(text="")
            yield Line(text=f"  {app.label}", tone=Tone.STEP)
            yield from _migration_lines(shown, costs or {})


def problem_lines(problems: tuple[Problem, ...], width: int) -> Iterator[Line]:
    if not problems:
        return
    many = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    yield Line(text=f"  {many}", tone=Tone.BLOCKER)
    for problem in problems:
        tone = Tone.WARNING if problem.kind in (Kind.EDITED, Kind.DIFFERENT) else Tone.LOSS
        for line in folded(f"{problem.kind.value}: {problem.message}", width, "    ", "      "):
            yield Line(text=line, tone=tone)
        if problem.remedy:  # never folded: it is there to be copied
            yield Line(text=f"      {problem.remedy}")
    yield Line(text="")


def _app_lines(survey: Survey, width: int) -> Iterator[Line]:
    names = max((len(app.label) for app in survey.apps), default=0)
    troubled = {problem.app for problem in survey.problems}
    for app in survey.apps:
        tone = Tone.BLOCKER if app.label in troubled else Tone.PLAIN
        if app.count(State.PENDING, State.PARTIAL) and app.label not in troubled:
            tone = Tone.WARNING
        text = f"  {app.label.ljust(min(names, max(width - 24, 8)))}  {health(app)}"
        yield Line(text=text, tone=tone)


def health(app: AppStatus) -> str:
    """ "3 applied, 1 pending, 1 ghost; 4 more", which were not asked for."""
    if not app.is_migrated:
        return "no migrations"
    if not app.is_installed:
        return f"{len(app.migrations)} recorded, the app is not installed"
    if not app.migrations:
        return "none"
    counts = {
        "applied": sum(m.state.is_done for m in app.counted),
        "pending": app.count(State.PENDING),
        "partly squashed": app.count(State.PARTIAL),
        "ghost": app.count(State.GHOST),
        "unknown": app.count(State.UNKNOWN),
        "in conflict": sum(Mark.CONFLICT in m.marks for m in app.migrations),
        "faked": sum(Mark.FAKED in m.marks for m in app.migrations),
        "edited": sum(Mark.EDITED in m.marks for m in app.migrations),
        "half done": sum(Mark.HALF_DONE in m.marks for m in app.migrations),
    }
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "none"
    return f"{told}; {app.left_out} more" if app.left_out else told


def _migration_lines(migrations: list[MigrationStatus], costs: Told) -> Iterator[Line]:
    for migration in migrations:
        tone = {
            State.GHOST: Tone.LOSS,
            State.PENDING: Tone.WARNING,
            State.PARTIAL: Tone.LOSS,
        }.get(migration.state, Tone.PLAIN)
        yield Line(text=f"    {BOXES[migration.state]} {migration.name}", tone=tone)
        if told := "; ".join(details(migration)):
            yield Line(text=f"        {told}")
        for cost in costs.get((migration.app, migration.name), ()):
            yield Line(text=f"        {cost_phrase(cost)}", tone=Tone.LOSS)


def details(migration: MigrationStatus) -> Iterator[str]:
    """What is known of one migration, in phrases."""
    if migration.state not in (State.APPLIED, State.PENDING):
        yield str(migration.state.value)
    if migration.applied_at is not None:
        when = migration.applied_at
        local = timezone.localtime(when) if timezone.is_aware(when) else when
        yield f"{local:%Y-%m-%d %H:%M}"
    if migration.ran is not None:
        yield from _ran(migration)
    if migration.state is State.PENDING and migration.operations:
        many = len(migration.operations)
        yield f"{many} operation{'s' if many > 1 else ''}: {_some(migration.operations)}"
    for mark in migration.marks:
        yield str(mark.value)
    if migration.obstacle and migration.state is not State.GHOST:
        yield f"irreversible: {migration.obstacle}"
    if migration.replaced_by:
        yield f"replaced by {migration.replaced_by}"
    if migration.archives:
        many = migration.archives
        yield f"{many} archive{'s' if many > 1 else ''} kept"


def _ran(migration: MigrationStatus) -> Iterator[str]:
    ran = migration.ran
    if ran is not None:
        if ran.seconds is not None:
            yield f"took {ran.seconds:.1f} s"
        if ran.by:
            yield f"by {ran.by}"
        yield f"run {ran.run}"


def _some(operations: tuple[str, ...], most: int = 3) -> str:
    shown = ", ".join(operations[:most])
    return f"{shown}, ..." if len(operations) > most else shown


def matrix_lines(surveys: tuple[Survey, ...], differences: tuple[Problem, ...]) -> Iterator[Line]:
    """Apps by databases: applied of all, and a sign where databases differ."""
    apps = sorted({app.label for survey in surveys for app in survey.apps if app.migrations})
    differing = {problem.app for problem in differences}
    names = max([len("app"), *map(len, apps)])
    heads = [survey.alias for survey in surveys]
    widths = [max(len(head), 9) for head in heads]
    header = "  ".join(head.rjust(width) for head, width in zip(heads, widths, strict=True))
    yield Line(text=f"  {'app'.ljust(names)}  {header}", tone=Tone.STEP)
    for label in apps:
        cells = [cell(survey, label) for survey in surveys]
        row = "  ".join(text.rjust(width) for text, width in zip(cells, widths, strict=True))
        sign = "  differs" if label in differing else ""
        tone = Tone.WARNING if sign else Tone.PLAIN
        yield Line(text=f"  {label.ljust(names)}  {row}{sign}", tone=tone)


def cell(survey: Survey, label: str) -> str:
    """ "3/4", or "?" where the database did not answer."""
    if not survey.is_reachable:
        return "?"
    app = next((app for app in survey.apps if app.label == label), None)
    if app is None:
        return "-"
    done = sum(m.state.is_done for m in app.counted)
    troubles = app.count(State.GHOST)
    return f"{done}/{len(app.counted)}" + (f" +{troubles}?" if troubles else "")
