"""What an entity's memory holds at one instant: what whoever opens or breaks into it reads there (X12).

Of a tag, NVM and the keys in RAM; of a gateway, what it was given for its tags; of a server, what it knows of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from ampradio.security.agreement import x25519
from ampradio.security.aiot import AiotDevice, AiotFunction
from ampradio.security.amp import AmpAuthenticator, AmpSupplicant
from ampradio.security.handover import MobileNode
from ampradio.security.provisioning import ProvisionedTag, ProvisioningServer
from ampradio.security.rsna import Authenticator, Supplicant
from testbed.attack.suspects import STATION_ID
from testbed.systems.ends import Ends
from testbed.systems.handover import Infrastructure
from testbed.systems.handover_area import LEAVES, NODE
from testbed.systems.provisioning import ServedGateway

Memory = dict[str, bytes]
ENTITIES = ("tag", "gateway", "server")


def memory_of(entity: str, system: str, ends: Ends) -> Memory:
    """Return the keys that ``entity`` holds now; empty where the system has no such entity, or it knows no key."""
    return _READERS[system, entity](ends) if (system, entity) in _READERS else {}


def _amp_tag(ends: Ends) -> Memory:
    return {"root": cast(AmpSupplicant, ends.tag)._memory.read().root.expose()}


def _amp_gateway(ends: Ends) -> Memory:
    ap = cast(AmpAuthenticator, ends.work[0].session)
    return {"pmk1": ap._tags.candidates(STATION_ID)[0].pmk1.expose()}


def _provisioning_tag(ends: Ends) -> Memory:
    identity = cast(ProvisionedTag, ends.tag)._identity
    z = {} if identity.z is None else {"z": identity.z.expose()}
    return {"serial": identity.serial.expose(), "server_public": identity.server_public, **z}


def _provisioning_gateway(ends: Ends) -> Memory:
    links = cast(ServedGateway, ends.work[0].session)._links
    (address,) = links.addresses
    link = links.at(address)
    return {"tk1": link.tk1.expose(), "tk2": link.tk2.expose()}


def _provisioning_server(ends: Ends) -> Memory:
    server = cast(ProvisioningServer, cast(ServedGateway, ends.work[0].session)._server)
    (record,) = server._store
    known = {"serial": record.serial.expose(), "server_public": server._schedule._public}
    return {**known, "z": x25519(server._private.expose(), record.public)} if server._parameters.hardened else known


def _aiot_tag(ends: Ends) -> Memory:
    identity = cast(AiotDevice, ends.tag)._memory.read()
    return {} if identity is None else {"k_d": identity.key.expose()}


def _aiot_server(ends: Ends) -> Memory:
    (record,) = cast(AiotFunction, ends.work[0].session)._records._records.values()
    return {"k_d": record.key.expose()}


def _rsna_tag(ends: Ends) -> Memory:
    psk = cast(Supplicant, ends.tag)._credential.psk
    return {} if psk is None else {"pmk": psk.expose()}


def _rsna_gateway(ends: Ends) -> Memory:
    psk = cast(Authenticator, ends.work[0].session)._stations[STATION_ID]._psk
    return {} if psk is None else {"pmk": psk.expose()}


def _handover_tag(ends: Ends) -> Memory:
    memory = cast(MobileNode, ends.tag)._setting.memory
    home, serving = memory.home(), memory.state().serving
    held: Memory = {} if serving is None else {"sa": serving.key.expose()}
    if home is not None:
        held |= {"home": home.key.expose()}
        held |= {f"node {depth}": key.expose() for depth, key in enumerate(home.device_keys, start=1)}
    return held


def _handover_gateway(ends: Ends) -> Memory:
    """The SPoS of this instant: its SAs with the MN and the other PoSs, and its own device keys."""
    infrastructure = cast(Infrastructure, ends.work[0].session)
    spos = infrastructure.area.points[infrastructure.near]
    held = {"sa": spos._site.associations[NODE].key.expose()}
    held |= {f"pos {name.hex()}": each.key.expose() for name, each in spos._site.backhaul.associations.items()}
    keys = spos._target._device_keys
    return held | ({} if keys is None else {f"node {depth}": key.expose() for depth, key in keys._keys.items()})


def _handover_server(ends: Ends) -> Memory:
    """Group Manager and home together."""
    infrastructure = cast(Infrastructure, ends.work[0].session)
    path = infrastructure.area.manager._tree.path(LEAVES[NODE])
    held = {f"node {depth}": key.expose() for depth, key in path.items()}
    return held | {"home": infrastructure.area.home_point._site.associations[NODE].key.expose()}


_READERS: dict[tuple[str, str], Callable[[Ends], Memory]] = {
    ("amp", "tag"): _amp_tag,
    ("amp", "gateway"): _amp_gateway,
    ("amp", "server"): _amp_tag,
    ("provisioning", "tag"): _provisioning_tag,
    ("provisioning", "gateway"): _provisioning_gateway,
    ("provisioning", "server"): _provisioning_server,
    ("aiot", "tag"): _aiot_tag,
    ("aiot", "server"): _aiot_server,
    ("rsna", "tag"): _rsna_tag,
    ("rsna", "gateway"): _rsna_gateway,
    ("handover", "tag"): _handover_tag,
    ("handover", "gateway"): _handover_gateway,
    ("handover", "server"): _handover_server,
}
"""S1's server shares the tag's record; S3's reader knows no key, S4 with a PSK has no server."""
