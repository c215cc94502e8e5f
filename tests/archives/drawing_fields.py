"""Fields as they come, and values for them: with edges, blanks, zeros, emoji and NULLs."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from typing import Any, TypeAlias

from django.db import models
from hypothesis import strategies as st

AnyField: TypeAlias = "models.Field[Any, Any]"

TEXTS = st.one_of(
    st.text("ab09.-+ é😀'\"\\%\n", max_size=12),
    st.sampled_from(
        ["", " ", "007", "1.50", "-0", "1e3", "true", "2024-02-29", "x ", "X", "ß", "0"]
    ),
    st.integers(-(10**6), 10**6).map(str),
)
ZONES = [datetime.timezone(datetime.timedelta(hours=h)) for h in (0, -11, 5, 14)]
MOMENTS = st.builds(
    lambda moment, zone: moment.replace(tzinfo=zone),
    st.one_of(
        st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1)),
        st.sampled_from([datetime.datetime(2026, 3, 29, 1, 30), datetime.datetime(2024, 2, 29)]),
    ),
    st.sampled_from(ZONES),
)
WHOLE = {
    models.SmallIntegerField: (-(2**15), 2**15 - 1),
    models.IntegerField: (-(2**31), 2**31 - 1),
    models.BigIntegerField: (-(2**63), 2**63 - 1),
    models.PositiveSmallIntegerField: (0, 2**15 - 1),
    models.PositiveIntegerField: (0, 2**31 - 1),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.1, "", "é😀", "1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)
PLAIN: dict[type[AnyField], st.SearchStrategy[Any]] = {
    models.FloatField: st.one_of(
        st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False),
        st.sampled_from([0.0, -0.0, 0.1, 1.5, 2.5, 1e300, 3.0]),
    ),
    models.BooleanField: st.booleans(),
    models.DateField: st.dates(datetime.date(1000, 1, 1)),
    models.DateTimeField: MOMENTS,
    models.TimeField: st.times(),
    models.DurationField: st.timedeltas(
        datetime.timedelta(days=-9999), datetime.timedelta(days=9999)
    ),
    models.UUIDField: st.uuids(),
    models.JSONField: JSON.filter(lambda value: value is not None),
    models.BinaryField: st.binary(max_size=8),
    models.GenericIPAddressField: st.sampled_from(["127.0.0.1", "::1", "2001:db8::a:1", "1.2.3.4"]),
    models.TextField: TEXTS,
}
#: In no index: of no fixed size, or of no order.
UNINDEXED = (models.TextField, models.JSONField, models.BinaryField)


def values_for(field: AnyField) -> st.SearchStrategy[Any]:
    """Without NULL."""
    if isinstance(field, models.DecimalField):
        most = 10**field.max_digits - 1
        unit = decimal.Decimal(1).scaleb(-field.decimal_places)
        edges = st.sampled_from([0, 1, -1, 5, -5, 50, most, -most]).filter(lambda n: abs(n) <= most)
        return st.one_of(st.integers(-most, most), edges).map(lambda number: number * unit)
    if isinstance(field, models.CharField):
        return TEXTS.map(lambda text: text[: field.max_length])
    for kind, (low, high) in WHOLE.items():
        if type(field) is kind:
            return st.one_of(
                st.integers(max(low, -3), 11), st.integers(low, high), st.sampled_from([low, high])
            )
    return PLAIN[type(field)]


@st.composite
def kinds(draw: st.DrawFn) -> tuple[type[AnyField], dict[str, Any]]:
    """A class and what it must be given."""
    made = draw(st.sampled_from(["char", "decimal", "whole", "plain"]))
    if made == "char":
        lengths = st.sampled_from([1, 2, 3, 5, 20, 60, 200])
        return draw(st.sampled_from([models.CharField, models.SlugField])), {
            "max_length": draw(lengths)
        }
    if made == "decimal":
        places = draw(st.integers(0, 4))
        digits = draw(st.integers(max(places, 1), 12))
        return models.DecimalField, {"max_digits": digits, "decimal_places": places}
    return draw(st.sampled_from(list(WHOLE if made == "whole" else PLAIN))), {}


@st.composite
def fields(
    draw: st.DrawFn, *, of: tuple[type[AnyField], dict[str, Any]] | None = None, nulls: bool = False
) -> AnyField:
    """``nulls``: it takes NULL, or has a default, so that it can be added to rows."""
    kind, must = of or draw(kinds())
    options = dict(must)
    options["null"] = draw(st.booleans())
    indexable = not issubclass(kind, UNINDEXED)
    if indexable and kind is not models.BooleanField:
        options["unique"] = draw(st.sampled_from([False, False, False, True]))
    if indexable and not options.get("unique"):
        options["db_index"] = draw(st.sampled_from([False, False, True]))
    if nulls and options.get("unique"):
        options["null"] = True
    elif draw(st.booleans()) or (nulls and not options["null"]):
        options["default"] = draw(defaults(kind(**options)))
    if not draw(st.integers(0, 9)):
        options["db_column"] = f"Odd col{draw(st.integers(0, 99))}"
    return kind(**options)


def defaults(field: AnyField) -> st.SearchStrategy[Any]:
    if isinstance(field, models.JSONField):
        return st.just(dict)
    return values_for(field)


@st.composite
def altered(draw: st.DrawFn, field: AnyField) -> AnyField:
    """Another type, or the same with other parameters; often one that takes less."""
    kind = type(field)
    new = draw(st.sampled_from(["same", "smaller", "other"]))
    smaller: dict[type[AnyField], Callable[[], tuple[type[AnyField], dict[str, Any]]]] = {
        models.FloatField: lambda: (models.IntegerField, {}),
        models.DateTimeField: lambda: (models.DateField, {}),
        models.BigIntegerField: lambda: (models.IntegerField, {}),
        models.IntegerField: lambda: (models.BooleanField, {}),
        models.TextField: lambda: (models.CharField, {"max_length": 3}),
        models.CharField: lambda: (models.CharField, {"max_length": 2}),
        models.DecimalField: lambda: (
            models.DecimalField,
            {"max_digits": max(field.max_digits - 1, 1), "decimal_places": 0},  # type: ignore[attr-defined]
        ),
    }
    if new == "other" or (new == "smaller" and kind not in smaller):
        of = draw(kinds())
    elif new == "smaller":
        of = smaller[kind]()
    else:
        _, _, _, options = field.deconstruct()
        must = ("max_length", "max_digits", "decimal_places")
        of = kind, {name: options[name] for name in must if name in options}
    return draw(fields(of=of, nulls=True))
