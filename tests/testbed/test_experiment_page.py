"""docs/experiments.md against the schema: every key, with its default, and none that is not there."""

from __future__ import annotations

import re

import msgspec
import pytest

from testbed.experiment import load_experiment
from testbed.experiment.shape import (
    Aiot,
    Amp,
    Ap,
    Channel,
    Compare,
    Energizer,
    ExperimentFile,
    Handover,
    Plutos,
    Power,
    Provisioning,
    Record,
    Rsna,
    Security,
    Tag,
)
from testbed.experiment.toml import parse_value
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
TABLES = {
    "Top of the file": ExperimentFile,
    "`[security]`": Security,
    "`[security.amp]`": Amp,
    "`[security.provisioning]`": Provisioning,
    "`[security.aiot]`": Aiot,
    "`[security.rsna]`": Rsna,
    "`[security.handover]`": Handover,
    "`[ap]`": Ap,
    "`[[tags]]`": Tag,
    "`[energizer]`": Energizer,
    "`[channel]`": Channel,
    "`[power]`": Power,
    "`[compare]`": Compare,
    "`[plutos]`": Plutos,
    "`[record]`": Record,
}
SUBTABLES = {"security", "ap", "tags", "energizer", "channel", "power", "record", "compare", "plutos"}
SUBTABLES |= {"amp", "provisioning", "aiot", "rsna", "handover"}


def rows(heading: str) -> dict[str, str]:
    """Return key → default of the table below ``heading``."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.+?) \| ", section, re.MULTILINE))


@pytest.mark.parametrize("heading", TABLES)
def test_every_key_is_documented_with_its_default(heading: str) -> None:
    """The page names exactly the keys that are read, and the default that is taken."""
    shape: type[msgspec.Struct] = TABLES[heading]
    documented = rows(heading)
    assert set(documented) == set(shape.__struct_fields__) - SUBTABLES
    for field in msgspec.structs.fields(shape):
        if field.name in documented and field.default not in (None, "", msgspec.NODEFAULT):
            default = list(field.default) if isinstance(field.default, tuple) else field.default
            if default:
                assert parse_value(documented[field.name].strip("`")) == default, field.name


def test_examples_are_experiments() -> None:
    """Every file under examples/ that the page speaks of can be loaded."""
    names = re.findall(r"\]\(\.\./(examples/[\w.-]+)\)", PAGE)
    assert "examples/minimal.toml" in names
    for name in names:
        load_experiment(ROOT / name)
