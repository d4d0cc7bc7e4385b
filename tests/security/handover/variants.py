"""The three deliveries in both encodings, and what runs a test on each of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.handover import Encoding, HandoverParameters
from tests.security.handover.world import of

LEGACY, REMEDY_1, REMEDY_2 = of("legacy"), of("remedy-1"), of("remedy-2")
DELIVERIES = [LEGACY, REMEDY_1, REMEDY_2]
VARIANTS = [replace(p, encoding=encoding) for encoding in Encoding for p in DELIVERIES]


def name_of(parameters: HandoverParameters) -> str:
    """Return what a test of these parameters is called."""
    return f"{parameters.delivery.value}-{parameters.encoding.value}"


every_delivery = pytest.mark.parametrize("parameters", DELIVERIES, ids=lambda each: str(each.delivery.value))
every_variant = pytest.mark.parametrize("parameters", VARIANTS, ids=name_of)
remedies = pytest.mark.parametrize("parameters", [p for p in VARIANTS if p.hardened], ids=name_of)
