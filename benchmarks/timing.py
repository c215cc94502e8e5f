"""Two things timed in turn, A B A B, so that a busy machine is as busy for either."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """Seconds of every round of ours and of what it is measured against."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of the rounds' own ratios."""
        return statistics.median(a / b for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def least_ratio(self) -> float:
        """Of the quickest rounds: what is left when other work on the machine is not counted."""
        return min(self.ours) / min(self.theirs)

    def row(self, name: str, goal: float) -> str:
        ours, theirs = statistics.median(self.ours), statistics.median(self.theirs)
        verdict = "met" if self.ratio <= goal else "MISSED"
        return (
            f"| {name} | {ours:.3f} | {theirs:.3f} | {self.ratio:.3f} | {self.least_ratio:.3f} |"
            f" {goal:g} | {verdict} |"
        )


def heading(ours: str, theirs: str) -> str:
    return (
        f"| | {ours}, s | {theirs}, s | ratio | of the quickest | goal | |\n"
        "| --- | --- | --- | --- | --- | --- | --- |"
    )


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long ``work`` takes; by ``time.process_time`` where all of it is in this process."""
    started = clock()
    work()
    return clock() - started


def compare(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> Comparison:
    """Each callable does its work once and says how long it took; the first round is thrown away.

    Who goes first changes from round to round.
    """
    measured: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        if number % 2:
            first = ours()
            second = theirs()
        else:
            second = theirs()
            first = ours()
        measured.append((first, second))
    kept = measured[1:]
    return Comparison(tuple(a for a, _ in kept), tuple(b for _, b in kept))
