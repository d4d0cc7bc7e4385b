"""An order to update S1's PMK, both methods and variants, and whether both ends understand each other after it."""

from __future__ import annotations

from ampradio.security.amp import AmpParameters, PmkUpdateOrder
from tests.security.two_ends import AA, ID, TwoEnds

METHODS = ["derive", "wrap"]
VARIANTS = [(prof, method) for prof in (1, 2) for method in METHODS]


def order_of(ends: TwoEnds, method: str, version: int = 1) -> PmkUpdateOrder:
    make = ends.server.derive if method == "derive" else ends.server.wrap
    return make(version, ends.modifier, AA)


def updating(prof: int = 2, method: str = "derive", version: int = 1, **options: object) -> TwoEnds:
    ends = TwoEnds(AmpParameters(prof, flow=int(options.pop("flow", 3))), **options)  # type: ignore[arg-type]
    ends.ap.request_update(ID, order_of(ends, method, version))
    return ends


def works(ends: TwoEnds, version: int) -> None:
    """Both ends are on this version and still understand each other."""
    ends.tag.power_off()
    before = len(ends.heard("tag", "command"))
    ends.exchange(command=b"still there?")
    assert len(ends.heard("tag", "command")) == before + 1
    assert ends.nvm.read().version == version
