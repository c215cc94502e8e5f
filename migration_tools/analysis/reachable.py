"""How far a plan backwards can go when some of its steps cannot be taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migration_tools.plan import Plan, Step, Target, steps_to


def furthest(plan: Plan, blocked: frozenset[Step]) -> Target | None:
    """The target whose plan takes back most of ``plan`` without a blocked step; None for none.

    One in the wanted app if there is any: a step of another app is taken back only because that
    app had to wait for it.
    """
    apps = list(dict.fromkeys(step.app for step in plan.steps))
    if plan.target.app in apps:
        wanted = [plan.target.app]
        groups = [wanted, [app for app in apps if app not in wanted]]
    else:
        groups = [apps]
    allowed = frozenset(plan.steps) - blocked
    for group in groups:
        found = [(len(steps), target) for target, steps in _reached(plan, group, allowed) if steps]
        if found:
            return max(found, key=lambda pair: pair[0])[1]
    return None


def _reached(
    plan: Plan, apps: Iterable[str], allowed: frozenset[Step]
) -> Iterator[tuple[Target, tuple[Step, ...]]]:
    """The oldest first, so that of two that are equal it is the one nearer to what was wanted."""
    for app in apps:
        for name in _candidates(plan, app, allowed):
            steps = steps_to(plan, app, name)
            if allowed.issuperset(steps):
                yield Target(app=app, migration=name or "zero"), steps


def _candidates(plan: Plan, app: str, allowed: frozenset[Step]) -> Iterator[str | None]:
    """Zero, and each migration after which something of the app would be taken back."""
    steps = {(step.app, step.name) for step in allowed if step.app == app}
    if steps and plan.graph is not None:
        yield None
        for migration in plan.history:
            key = (migration.app_label, migration.name)
            if key[0] != app or key not in plan.applied or not _can_be_named(plan, *key):
                continue
            if any((child.key in steps) for child in plan.graph.node_map[key].children):
                yield key[1]


def _can_be_named(plan: Plan, app: str, name: str) -> bool:
    """`migrate` takes a name for the beginning of others, also where it is whole."""
    return sum(label == app and other.startswith(name) for label, other in plan.files) == 1
