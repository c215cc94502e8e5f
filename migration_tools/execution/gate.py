"""Stands between the moment when `migrate` has made its plan and its first step.

Three public seams of Django are used, the same in 5.2, 6.0 and 6.1: the pre_migrate signal, which
carries the very plan that will run; ``SchemaEditorClass`` on the connection, which every step that
touches the database opens; and the command's progress callback. If a step starts and this gate
has not passed its plan, it fails closed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models.signals import post_migrate, pre_migrate

from migration_tools.analysis.assessment import assess
from migration_tools.analysis.verdicts import Assessment
from migration_tools.exceptions import Refused
from migration_tools.execution.consent import Consent, Verdict
from migration_tools.plan import Target, plan_of_run

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Show = Callable[[Assessment, Verdict], None]


class Gate:
    """``show`` is given every assessment before anybody is asked or refused."""

    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        consent: Consent,
        show: Show,
        *,
        target: Target,
        count_timeout: float,
        fake: bool = False,
        fake_initial: bool = False,
    ) -> None:
        self._connection = connection
        self._consent = consent
        self._show = show
        self._target = target
        self._count_timeout = count_timeout
        self._fake = fake
        self._fake_initial = fake_initial
        self._passed: frozenset[tuple[str, str]] | None = None
        #: A plan has been announced: what `migrate` raises from here on is not about planning.
        self.was_reached = False

    @contextlib.contextmanager
    def closed(self) -> Iterator[None]:
        """Closed until the plan of the run inside is passed; everything is put back at the end."""
        pre_migrate.connect(self._on_plan, weak=False)
        post_migrate.connect(self._on_end, weak=False)
        own = vars(self._connection).get("SchemaEditorClass")
        editor_class = self._connection.SchemaEditorClass
        self._connection.SchemaEditorClass = _gated(editor_class, self)
        try:
            yield
        finally:
            pre_migrate.disconnect(self._on_plan)
            post_migrate.disconnect(self._on_end)
            if own is None:
                del self._connection.SchemaEditorClass
            else:
                self._connection.SchemaEditorClass = own

    def require(self, key: tuple[str, str] | None = None) -> None:
        """Raise Refused unless a plan was passed, and this step belongs to it."""
        if self._passed is None or (key is not None and key not in self._passed):
            step = f" {key[0]}.{key[1]}" if key else " on the schema"
            raise Refused(
                f"A step{step} was about to run whose plan had not been looked at. It was stopped.",
                hint="No pre_migrate signal came before it; run `migrate` if that is meant.",
            )

    def _on_plan(self, *, sender: Any, using: str, plan: Any = None, **kwargs: Any) -> None:
        # The signal comes once for each app; receivers of other apps may add operations to the
        # plan (contenttypes does), so the last one is the one to judge.
        if using != self._connection.alias or sender is not _last_app():
            return
        self.was_reached = True
        self._passed = None
        if plan and not self._fake:
            self._judge(list(plan))
        self._passed = frozenset((m.app_label, m.name) for m, _ in plan or ())

    def _on_end(self, *, sender: Any, using: str, **kwargs: Any) -> None:
        # Another run in the same process (a tenant's schema) has a plan of its own.
        if using == self._connection.alias and sender is _last_app():
            self._passed = None

    def _judge(self, pairs: list[Any]) -> None:
        assessment = assess(
            plan_of_run(pairs, self._connection, self._target),
            self._connection,
            tables_may_exist=self._fake_initial,
            count_timeout=self._count_timeout,
        )
        self._show(assessment, self._consent.verdict(assessment))
        self._consent.obtain(assessment)


def _last_app() -> Any:
    configs = [config for config in apps.get_app_configs() if config.models_module is not None]
    return configs[-1] if configs else None


def _gated(editor_class: type[Any], gate: Gate) -> type[Any]:
    class GatedSchemaEditor(editor_class):  # type: ignore[misc]
        def __enter__(self) -> Any:
            gate.require()
            return super().__enter__()

    return GatedSchemaEditor
