"""An authentication server's database with a tag, gateways that ask it, and runs through it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pyrad.packet import AuthPacket

from ampradio.mac.exchange import Exchange, perfect_link
from ampradio.profile import load_profile
from ampradio.security.entropy import SeededEntropy
from ampradio.security.provisioning import manufacture
from ampradio.security.provisioning.backhaul import Ask
from ampradio.security.secret import Secret
from testbed.authority.database import Database
from testbed.authority.entry import Entry
from testbed.authority.schema import StoreSettings
from testbed.authority.server import AuthorityServer
from testbed.authority.tag_file import TagFile
from testbed.authority.vault import Vault, write_secret
from testbed.experiment.load import experiment_of
from testbed.radius.attributes import dictionary, put
from testbed.radius.client import Endpoint, RadiusClient
from testbed.radius.provisioning import question
from testbed.radius.remote_server import RemoteServer
from testbed.runner.stations import stations_of

KEY, PRIVATE = bytes(range(32)), bytes(range(32, 64))
GWID, OTHER = bytes.fromhex("0a0b0c0d"), bytes.fromhex("01020304")
SECRETS = {GWID: Secret(b"first gateway's"), OTHER: Secret(b"second gateway's")}
MAC = load_profile().mac
SERIAL, NUMBER = bytes(range(100, 116)), 7


class World:
    """A database with gateways and one tag, a server on a port, and a gateway's way to it."""

    def __init__(self, folder: Path, variant: str = "hardened") -> None:
        self.folder = folder
        self.database = Database.create(folder / "as.sqlite", Vault(KEY), Secret(PRIVATE), StoreSettings(variant))
        for gwid, secret in SECRETS.items():
            self.database.add_gateway(gwid, secret)
        parameters = self.database.settings.parameters()
        self.made = manufacture(parameters, self.database.public, SeededEntropy(5))
        self.database.add([Entry(self.made.record, "sensor", Secret(b"p" * 32))])
        TagFile("sensor", variant, self.made.identity, Secret(b"p" * 32)).write(folder / "sensor.tag.json")
        write_secret(folder / "gw.secret", SECRETS[GWID].expose())
        write_secret(folder / "as.key", KEY)
        self.server = AuthorityServer(self.database, MAC)

    def ask(self, gwid: bytes = GWID, device_hash: bytes | None = None, secret: Secret | None = None) -> bytes:
        """Return the octets of a gateway's Ask."""
        asked = Ask(NUMBER, int(self.database.settings.parameters().prof), device_hash or self.made.qr)
        packet = AuthPacket(secret=(secret or SECRETS[gwid]).expose(), dict=dictionary(), id=9)
        packet.authenticator = bytes(range(16))
        packet.add_message_authenticator()
        put(packet, question(gwid, asked))
        octets: bytes = packet.RequestPacket()
        return octets


@contextlib.contextmanager
def serving(respond: Callable[[bytes], list[bytes]]) -> Iterator[Endpoint]:
    """A UDP port that answers as it is told."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        port.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    heard, peer = port.recvfrom(8192)
                    for said in respond(heard):
                        port.sendto(said, peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Endpoint("127.0.0.1", port.getsockname()[1])
        finally:
            over.set()
            thread.join()


def shared(folder: Path, heard: bytes) -> bytes | None:
    """Answer from a database that is opened for this datagram alone: the server keeps nothing else (R2.25)."""
    database = Database(folder / "as.sqlite", Vault(KEY))
    try:
        return AuthorityServer(database, MAC).answer(heard)
    finally:
        database.close()


def remote(endpoint: Endpoint, secret: Secret = SECRETS[GWID], timeout_s: float = 20.0, tries: int = 2) -> RemoteServer:
    """Return a gateway's way to a server; patient, so that a busy computer does not look like a silent server."""
    return RemoteServer(RadiusClient(endpoint, secret, timeout_s=timeout_s, tries=tries))


def experiment(folder: Path, server: str, secret: str, *more: str) -> Any:
    text = f"""
radio = "sim:"
[security]
system = "provisioning"
server = "{server}"
server_secret_file = "{secret}"
[ap]
address = "02:00:0a:0b:0c:0d"
[[tags]]
identity_file = "sensor.tag.json"
readings = ["21.5C", "41%"]
"""
    return experiment_of(text, folder / "e.toml", overrides=list(more))


def run(plan: Any) -> tuple[list[tuple[str, Any]], bool]:
    stations = stations_of(plan)
    told = Exchange(plan.profile, {"ap": stations.ap}, {"tag": stations.tag}, perfect_link).run(20_000_000_000)
    return told, stations.ap.finished and stations.ap.succeeded


def readings(told: list[tuple[str, Any]]) -> list[str]:
    found = [event.detail for _, event in told if event.kind == "security.uplink_data"]
    return [bytes.fromhex(detail["data_hex"]).decode() for detail in found]
