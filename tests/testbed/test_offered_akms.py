"""`security.rsna.other_akms`: what an AP offers beside its AKM, and what an experiment file may not say of it."""

from __future__ import annotations

import pytest

from testbed.attack.scene import Scene
from testbed.experiment import ExperimentError, load_experiment
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples/rsna.toml"
FULL = 'security.rsna.encoding="full"'


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (("security.rsna.other_akms=[2]",), "room for one AKM"),
        ((FULL, "security.rsna.other_akms=[6]"), "twice"),
        ((FULL, "security.rsna.other_akms=[2, 2]"), "twice"),
        ((FULL, "security.rsna.other_akms=[8]"), "other_akms"),
    ],
)
def test_akms_that_do_not_go_together(overrides: tuple[str, ...], reason: str) -> None:
    with pytest.raises(ExperimentError, match=reason):
        load_experiment(EXAMPLE, overrides=overrides, radio="sim:")


@pytest.mark.parametrize(("akm", "others"), [(6, "[2]"), (2, "[6]"), (6, "[]")])
def test_the_first_of_them_is_used(akm: int, others: str) -> None:
    """R4.3: negotiated by the association, and in force."""
    overrides = (FULL, f"security.rsna.akm={akm}", f"security.rsna.other_akms={others}")
    scene = Scene(load_experiment(EXAMPLE, overrides=overrides, radio="sim:"))
    told = scene.run()
    assert scene.succeeded
    assert {event.detail["akm"] for _, event in told if event.kind == "security.associated"} == {akm}
