"""The tags that an AP knows: by ID, with every SPA that may answer under it (rule 4)."""

from __future__ import annotations

from ampradio.security.amp.infrastructure.credential import TagCredential
from ampradio.security.amp.infrastructure.pmk_server import PmkUpdateOrder, require_content
from ampradio.security.amp.profiles import AmpParameters
from ampradio.security.secret import Secret


class EnrolledTag:
    """One enrolled tag at the AP, with the PMK update that it has not confirmed yet."""

    def __init__(self, credential: TagCredential) -> None:
        self.station_id = credential.station_id
        self.spa = credential.spa
        self.uplink = credential.uplink
        self.pmk1 = credential.pmk1
        self.pending: PmkUpdateOrder | None = None

    def candidate_keys(self) -> list[tuple[Secret, PmkUpdateOrder | None]]:
        """Return the PMK1s that a response may be under: that of the pending update first, then the current one."""
        current: list[tuple[Secret, PmkUpdateOrder | None]] = [(self.pmk1, None)]
        return current if self.pending is None else [(self.pending.pmk1, self.pending), *current]

    def adopt(self, order: PmkUpdateOrder) -> None:
        """Make the PMK1 of a confirmed update the current one."""
        self.pmk1, self.pending = order.pmk1, None


class EnrolledTags:
    """The register of one AP."""

    def __init__(self, parameters: AmpParameters) -> None:
        self._parameters = parameters
        self._by_id: dict[int, list[EnrolledTag]] = {}

    def __contains__(self, station_id: int) -> bool:
        return station_id in self._by_id

    def add(self, credential: TagCredential) -> None:
        """Add a tag; raises ``ValueError`` for one that the policy refuses (R1.31) or an SPA known already."""
        policy = self._parameters.backscatter
        if not policy.permits(credential.uplink):
            raise ValueError(f"{credential.uplink.name} tags are refused by the backscatter policy {policy.value!r}")
        tags = self._by_id.setdefault(credential.station_id, [])
        if any(tag.spa == credential.spa for tag in tags):
            raise ValueError(f"SPA {credential.spa.hex(':')} is enrolled already for 0x{credential.station_id:04x}")
        tags.append(EnrolledTag(credential))

    def candidates(self, station_id: int) -> list[EnrolledTag]:
        """Return who may answer under this ID; raises ``ValueError`` if nobody is enrolled."""
        if station_id not in self._by_id:
            raise ValueError(f"no tag 0x{station_id:04x} is enrolled")
        return self._by_id[station_id]

    def order_update(self, station_id: int, order: PmkUpdateOrder, spa: bytes | None) -> None:
        """Make an update pending for one tag.

        Raises ``ValueError`` when the flow cannot carry it, it is not clear which tag is meant, or one is pending.
        """
        tags = [tag for tag in self.candidates(station_id) if spa is None or tag.spa == spa]
        if self._parameters.flow == 2:
            raise ValueError("a two-frame flow never authenticates the AP, so it cannot update a PMK")
        require_content(order, self._parameters)
        if len(tags) != 1:
            raise ValueError(f"{len(tags)} enrolled tags match 0x{station_id:04x}; name one by its SPA")
        if tags[0].pending is not None:
            raise ValueError(f"the update to version {tags[0].pending.version} is not confirmed yet")
        tags[0].pending = order
