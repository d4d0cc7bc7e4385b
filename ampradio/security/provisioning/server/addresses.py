"""Which local addresses are free at which gateway (R2.6, R2.55; rule 3)."""

from __future__ import annotations

from ampradio.security.provisioning.profiles import ADDRESS_BITS, usable_address
from ampradio.security.provisioning.server.records import DeviceStore

_ADDRESSES = 1 << ADDRESS_BITS


def free_address(store: DeviceStore, gwid: bytes, first: int) -> int | None:
    """Return the first free address from ``first`` on, wrapping around; None when all are taken."""
    taken = {issue.station_id for record in store for issue in record.issues if issue.gwid == gwid}
    for offset in range(_ADDRESSES):
        address = (first + offset) % _ADDRESSES
        if usable_address(address) and address not in taken:
            return address
    return None
