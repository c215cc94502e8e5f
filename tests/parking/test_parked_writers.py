"""Others write while a column is parked and comes back: what they saw committed is there."""

from __future__ import annotations

import threading
import time

from django.db import DatabaseError, connection

from tests.helpers import changes_tables, sql
from tests.parking.cases import Lot, kinds

pytestmark = changes_tables
KINDS = {str(kind): kind for kind in kinds()}


class Writer(threading.Thread):
    """Inserts rows with the column while it can, and without it in any case."""

    def __init__(self, number: int, stop: threading.Event) -> None:
        super().__init__()
        self.number = number
        self.stop = stop
        self.written: dict[int, int | None] = {}
        self.refused = 0
        self.wrong: list[Exception] = []

    def run(self) -> None:
        try:
            place = self.number * 1_000_000
            while not self.stop.is_set():
                place += 2
                try:
                    sql(f"INSERT INTO lot_row (id, a, v) VALUES ({place}, 0, {place})")
                    self.written[place] = place
                except DatabaseError:
                    self.refused += 1
                try:
                    sql(f"INSERT INTO lot_row (id, a) VALUES ({place + 1}, 0)")
                    self.written[place + 1] = None
                except DatabaseError:  # NOT NULL, while it is there
                    pass
        except Exception as error:
            self.wrong.append(error)
        finally:
            connection.close()


def test_nothing_that_was_committed_is_lost() -> None:
    lot = Lot(KINDS["not null, default"])
    lot.build()
    stop = threading.Event()
    writers = [Writer(number, stop) for number in (1, 2, 3)]
    for writer in writers:
        writer.start()
    try:
        for number in (1, 2, 3):
            time.sleep(0.2)
            parked = lot.park(number)
            time.sleep(0.2)
            lot.unpark(parked)
        time.sleep(0.2)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert [writer.wrong for writer in writers] == [[], [], []]
    there = lot.rows()
    for writer in writers:
        assert len(writer.written) > 50
        assert writer.refused
        for place, value in writer.written.items():
            assert there[place] == (value or there[place])
            if value is None:
                assert there[place] in (7, 0)
    assert sql("SELECT count(*) FROM lot_row WHERE v IS NULL") == [(0,)]
