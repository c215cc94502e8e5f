"""Ctrl-C while steps run: the first one never leaves a step half-way, the second one may."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from migration_tools.execution.operations import WatchedStep


class Interrupts:
    """``running``: the step that is running. ``tell`` is told of a step that is finished first."""

    def __init__(
        self, running: Callable[[], WatchedStep | None], tell: Callable[[WatchedStep], None]
    ) -> None:
        self._running = running
        self._tell = tell
        self._asked = False

    @contextlib.contextmanager
    def heeded(self) -> Iterator[None]:
        before = signal.getsignal(signal.SIGINT)
        main = threading.current_thread() is threading.main_thread()
        if not main or before is not signal.default_int_handler:  # somebody else's business
            yield
            return
        signal.signal(signal.SIGINT, self._on_signal)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def before_step(self) -> None:
        if self._asked:
            raise KeyboardInterrupt

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        step = self._running()
        if step is None or step.is_whole or self._asked:
            raise KeyboardInterrupt  # the step is rolled back, or none is running
        self._asked = True
        self._tell(step)
