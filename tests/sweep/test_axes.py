"""What a sweep varies, and the seeds of its runs."""

from __future__ import annotations

import itertools

import pytest

from testbed.experiment.toml import parse_toml
from testbed.sweep.axes import Axis, axis_of, points_of
from testbed.sweep.error import SweepError


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("channel.uplink_snr_db=0:4:2", (0, 2, 4)),
        ("channel.uplink_snr_db=0:5:2", (0, 2, 4)),
        ("channel.uplink_snr_db=1:-1", None),
        ("channel.uplink_snr_db=1:-1:-1", (1, 0, -1)),
        ("channel.uplink_snr_db=0:0.5:0.1", (0, 0.1, 0.2, 0.3, 0.4, 0.5)),
        ("ap.uplink_rate_kbps=250,1000", (250, 1000)),
        ("security.variant=hardened,literal", ("hardened", "literal")),
        ('name="a,b","c"', ("a,b", "c")),
        ("security.amp.encrypt=true,false", (True, False)),
        ("channel.doppler_hz=0:2:1,10", (0, 1, 2, 10)),
        ("compare.snr_db=[1.0, 2.0],[3.0]", ([1.0, 2.0], [3.0])),
        ("x", None),
        ("=1,2", None),
        ("x=", None),
        ("x=0:1:0", None),
        ("x=1,1.0", None),
        ("x=0:1e9:1", None),
        ("x=2026-01-01,1", None),
    ],
)
def test_values_of_an_axis(text: str, values: tuple[object, ...] | None) -> None:
    """Decimals come out as written, ``last`` belongs to the range; what makes no axis is said with the fix."""
    if values is None:
        with pytest.raises(SweepError) as error:
            axis_of(text)
        assert error.value.fix
    else:
        assert axis_of(text).values == values
        assert [type(value) for value in axis_of(text).values] == [type(value) for value in values]


def test_points_are_every_combination() -> None:
    points = points_of([axis_of("a=1,2"), axis_of("b=x,y,z")])
    assert [tuple(value for _, value in point.values) for point in points] == list(itertools.product([1, 2], "xyz"))
    assert [point.index for point in points] == list(range(6))
    with pytest.raises(SweepError, match="twice"):
        points_of([axis_of("a=1"), axis_of("a=2")])
    with pytest.raises(SweepError, match="points"):
        points_of([Axis(name, tuple(range(1000))) for name in "ab"])


def test_overrides_say_the_value_in_toml() -> None:
    """Whatever a value holds, the override brings back the same."""
    values = ('quote " and \\ back', [1, 2.5], True, 1e-7, "ü")
    for point in points_of([Axis("key", values)]):
        [override] = point.overrides
        assert parse_toml(override)["key"] == values[point.index]


def test_seeds_follow_the_values_alone() -> None:
    """A wider sweep, or the axes the other way round, leaves a point's runs as they were; no two share one."""
    narrow = points_of([axis_of("a=1,2"), axis_of("b=x")])
    wide = points_of([axis_of("b=w,x"), axis_of("a=0,1.0,2")])
    by_value = {frozenset(point.values): point for point in wide}
    for point in narrow:
        assert by_value[frozenset(point.values)].seed(7, 3) == point.seed(7, 3)
    seeds = {point.seed(sweep, run) for point in wide for sweep in (7, 8) for run in range(50)}
    assert len(seeds) == 600 and max(seeds) < 2**53
