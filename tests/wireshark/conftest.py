"""One dissection of the whole corpus, shared by the tests."""

from __future__ import annotations

import pytest

from tests.wireshark.corpus import VARIANTS, Sample, exchanged, made_frames, vector_frames, vector_messages, write
from tests.wireshark.tshark import Shown, dissected


@pytest.fixture(scope="session")
def corpus() -> list[Sample]:
    """Every frame that we have: of the vectors, made, and of whole exchanges."""
    exchanges = [sample for variant in VARIANTS for sample in exchanged(variant.label)]
    return [*vector_frames(), *made_frames(), *vector_messages(), *exchanges]


@pytest.fixture(scope="session")
def seen(corpus: list[Sample], tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    """What tshark makes of each."""
    return dissected(write(tmp_path_factory.mktemp("wireshark") / "corpus.pcapng", corpus))
