"""Plausible cars, the same ones for the same seed, whatever the database."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

NAMES = (
    "Audi A4 Avant", "BMW 320d Touring", "Citroën C3", "Dacia Logan MCV", "Fiat 500",
    "Ford Focus 1.6", "Honda Jazz", "Hyundai i30", "Kia Ceed SW", "Lada Нива 4x4",
    "Mazda MX-5", "Mercedes-Benz E 220d", "Mini Cooper S", "Nissan Leaf", "Opel Corsa-e",
    "Peugeot 208", "Renault Mégane", "Saab 900 Turbo", "Seat León", "Škoda Octavia Combi",
    "Subaru Forester", "Suzuki Swift", "Toyota Yaris", "VW Käfer 1303", "Volvo V70", "日産リーフ",
)  # fmt: skip
COLORS = ("black", "white", "silver", "grey", "red", "dark blue", "racing green", "beige", "türkis")
GIVEN_NAMES = ("Ana", "Björn", "Chloé", "Dmitri", "Emeka", "Fatima", "Giulia", "Hồng", "Ines")
FAMILY_NAMES = ("Andersson", "Costa", "D'Angelo", "García", "Kowalczyk", "Müller", "Okafor", "李")

# How many of each hundred; 1,204 cars then have 873 colors, 1,204 owners, 311 fractions of a
# kilogram and 301 inspections, exactly.
COLORED = 72.5
FRACTIONAL = 25.83
WITHOUT_OWNER = WITH_TWO_OWNERS = 20
INSPECTED = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    plate: str
    day: datetime.date
    passed: bool | None
    remarks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    name: str
    price: Decimal
    weight: Decimal
    color: str | None
    owners: tuple[str, ...]
    inspection: Inspection | None

    @property
    def is_fractional(self) -> bool:
        return self.weight != self.weight.to_integral_value()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A car at the edge of what its columns hold."""

    weight: str
    name: str = "Renault 4"
    price: str = "2450.00"


EDGES = (
    # The only two that cannot become a PositiveIntegerField again: a sign typed by mistake.
    Edge(weight="-1310.000", name="Trabant 601"),
    Edge(weight="-985.000", name="Wartburg 353"),
    # Halves: to even, or away from zero?
    Edge(weight="0.500"),
    Edge(weight="1.500"),
    Edge(weight="2.500"),
    Edge(weight="1234.500", price="0.50"),
    Edge(weight="0.499"),
    Edge(weight="0.001"),
    Edge(weight="0.000", price="0.00", name="0"),
    # As heavy as can be gone back to: 9999.5 and more round up to 10000, which has no way back.
    Edge(weight="9999.499", price="999999.99", name="Rolls-Royce Phantom "),
    # Names: none, blanks, the full 20 characters in one, two, three and four bytes each.
    Edge(weight="740.000", name=""),
    Edge(weight="741.000", name=" Isetta "),
    Edge(weight="1499.000", name="Alfa Romeo Giulia GT"),
    Edge(weight="1500.000", name="Запорожец ЗАЗ-968 М5"),  # noqa: RUF001
    Edge(weight="1501.000", name="中" * 20),
    Edge(weight="1502.000", name="🚗" * 20),
    Edge(weight="1503.000", name='O\'Brien "%s" {x} \\n'),
)


class Deck:
    """Deals each face exactly as often as it was put in, in a random order, in no memory."""

    def __init__(self, source: random.Random, counts: dict[int, int]) -> None:
        self._source = source
        self._left = dict(counts)

    def draw(self) -> int:
        ticket = self._source.randrange(sum(self._left.values()))
        for face, left in self._left.items():
            if ticket < left:
                self._left[face] -= 1
                return face
            ticket -= left
        raise AssertionError("The ticket is smaller than the sum.")


def share(rows: int, percent: float) -> int:
    return round(rows * percent / 100)


def cars(rows: int, seed: int) -> Iterator[Car]:
    """``rows`` cars; as many of the edge cases as fit come first."""
    source = random.Random(seed)
    edges = EDGES[:rows]
    taken = sum(Decimal(edge.weight) % 1 != 0 for edge in edges)
    plain = rows - len(edges)
    fractions = min(max(share(rows, FRACTIONAL) - taken, 0), plain)
    colored = share(rows, COLORED)
    without, two = share(rows, WITHOUT_OWNER), share(rows, WITH_TWO_OWNERS)
    inspected = share(rows, INSPECTED)
    fraction_deck = Deck(source, {1: fractions, 0: plain - fractions})
    color_deck = Deck(source, {1: colored, 0: rows - colored})
    owner_deck = Deck(source, {0: without, 2: two, 1: rows - without - two})
    inspection_deck = Deck(source, {1: inspected, 0: rows - inspected})
    for number in range(rows):
        if number < len(edges):
            edge = edges[number]
            name, price, weight = edge.name, Decimal(edge.price), Decimal(edge.weight)
        else:
            name = source.choice(NAMES)
            price = Decimal(source.randint(50_000, 6_500_000)) / 100
            weight = _weight(source, fractional=bool(fraction_deck.draw()))
        yield Car(
            name=name,
            price=price,
            weight=weight,
            color=source.choice(COLORS) if color_deck.draw() else None,
            owners=tuple(_person(source) for _ in range(owner_deck.draw())),
            inspection=_inspection(source) if inspection_deck.draw() else None,
        )


def _weight(source: random.Random, *, fractional: bool) -> Decimal:
    whole = Decimal(source.randint(640, 2600))
    return whole + Decimal(source.randint(1, 999)) / 1000 if fractional else whole


def _person(source: random.Random) -> str:
    return f"{source.choice(GIVEN_NAMES)} {source.choice(FAMILY_NAMES)}"


def _inspection(source: random.Random) -> Inspection:
    letters = "".join(source.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=2))
    plate = f"{letters}-{source.randint(100, 9999)}"
    day = datetime.date(2021, 1, 1) + datetime.timedelta(days=source.randrange(1800))
    passed = source.choice((True, True, True, False, None))
    remarks = "Brakes worn; again within a month." if passed is False else ""
    return Inspection(plate=plate, day=day, passed=passed, remarks=remarks)
