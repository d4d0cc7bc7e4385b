"""What a region's rules let a radio send, checked before anything radiates: against mistakes, no legal advice."""

from testbed.regulatory.guard import Guarded, guard, silence_of
from testbed.regulatory.region import Range, Region, RegulatoryError, load_region
from testbed.regulatory.transmission import Transmission, measured

__all__ = [
    "Guarded",
    "Range",
    "Region",
    "RegulatoryError",
    "Transmission",
    "guard",
    "load_region",
    "measured",
    "silence_of",
]
