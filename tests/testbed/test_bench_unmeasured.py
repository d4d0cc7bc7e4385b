"""A bench whose figure cannot be taken says so and ends with 1; it does not end in a traceback."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from testbed.bench.ring import ring_rate_msps
from testbed.bench.unmeasured import Unmeasured, says_why

IMPATIENT_S = 0.1  # no process of GNU Radio's has even started by then


def test_a_ring_that_does_not_finish_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    @says_why
    def main(argv: Sequence[str] | None = None) -> int:
        return int(ring_rate_msps(200, 1_000_000_000, IMPATIENT_S))

    assert main() == 1
    assert capsys.readouterr().err.startswith("not measured: the bare ring did not finish within 0.1 s\n")


def test_it_is_an_error_to_whoever_measures_by_himself() -> None:
    with pytest.raises(Unmeasured, match="did not finish"):
        ring_rate_msps(200, 1_000_000_000, IMPATIENT_S)
