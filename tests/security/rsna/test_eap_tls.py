"""EAP-TLS at the tag, against OpenSSL's server end and a PKI made for tests (radius/certs)."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from ampradio.mac.shim import fragment_sizes
from ampradio.security.entropy import SeededEntropy
from ampradio.security.journal import RefusedError
from ampradio.security.rsna import Authenticator, Credential, Port, Prof, RsnaParameters, Supplicant, TlsCredential
from ampradio.security.rsna.tag.eap_tls import FLIGHT_OCTETS_MAX, EapTlsPeer
from ampradio.security.secret import Secret
from tests.security.rsna.eap_tls_server import EapTlsServer, pem
from tests.security.rsna.link import AA, ID, MAC, SPA, Link

IDENTITY = b"client.amp.test"
TLS = TlsCredential(pem("client.pem"), Secret(pem("client.key")), pem("ca.pem"), "server.amp.test")


def link_of(server: EapTlsServer, credential: TlsCredential = TLS, prof: Prof = Prof.LITE) -> Link:
    parameters = RsnaParameters(prof, akms=(5,))
    link = Link(parameters, server=server)
    link.ap = Authenticator(MAC, parameters, AA, SeededEntropy(1), eap_reply_octets=494)
    link.ap.enroll(ID, SPA)
    known = Credential(ID, SPA, AA, eap_tls=credential, identity=IDENTITY)
    link.tags[ID] = link.tag = Supplicant(MAC, parameters, known, SeededEntropy(2))
    return link


def made(names: list[str], *, issuer: bool = True, days: int = 1) -> tuple[bytes, bytes]:
    """Return a certificate for these names and its key, from the tests' authority or from itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.load_pem_x509_certificate(pem("ca.pem"))
    signer = serialization.load_pem_private_key(pem("ca.key"), None) if issuer else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(authority.subject if issuer else subject)
    builder = builder.public_key(key.public_key()).serial_number(7).not_valid_before(start)
    builder = builder.not_valid_after(start + datetime.timedelta(days=days))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    certificate = builder.sign(signer, hashes.SHA256())  # type: ignore[arg-type]
    clear = serialization.NoEncryption()
    formats = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(*formats, clear)


@pytest.mark.parametrize("prof", list(Prof))
@pytest.mark.parametrize("fragment", [100, 480])
def test_a_link_with_certificates(prof: Prof, fragment: int) -> None:
    """R4.9, R4.10, R4.18: mutual by certificates; the MSK is the server's; no message needs more than eight frames."""
    server = EapTlsServer(fragment=fragment)
    link = link_of(server, prof=prof)
    assert link.connect()
    bond = link.tag._bond
    assert bond.pmk is not None and bond.pmk.expose() == server.msks[0][:32]
    assert all(len(fragment_sizes(MAC, len(message.payload))) <= 8 for message in link.air)
    assert 480 < server.longest <= 494
    link.ap.send(ID, b"works")
    link.run()
    assert link.heard("tag", "data", "data_hex") == [b"works".hex()]
    assert "Secret" in repr(TLS) and "BEGIN" not in repr(TLS.private_key)


def test_any_fragment_may_be_lost() -> None:
    """X4: a repeated request gets the response it had: TLS never sees it twice."""
    link = link_of(EapTlsServer())
    assert link.connect()
    for lost in range(len(link.air)):
        again = link_of(EapTlsServer())
        count = -1

        def air(message, lost=lost):  # type: ignore[no-untyped-def]
            nonlocal count
            count += 1
            return [] if count == lost else [message]

        assert again.connect(downlink=air) or again.connect()


def test_a_server_of_another_authority() -> None:
    """X5: the tag answers with an alert, and there is no key."""
    link = link_of(EapTlsServer(*made(["server.amp.test"], issuer=False)))
    assert not link.connect()
    assert link.heard("ap", "failed", "reason") == ["eap_rejected"] and link.said(13) == []


@pytest.mark.parametrize("names", [["other.amp.test"], []])
def test_a_server_of_another_name(names: list[str]) -> None:
    """X5: a genuine certificate for somebody else is not the server's; its EAP-Success is not believed."""
    link = link_of(EapTlsServer(*made(names, days=20_000)))
    assert not link.connect()
    assert link.tag.port is not Port.OPEN and not link.tag.has_keys
    assert "bad_eap" in link.refusals("tag")


def test_a_tag_has_no_clock() -> None:
    """A certificate that ended long ago is taken: the authority has to be changed instead."""
    link = link_of(EapTlsServer(*made(["server.amp.test"], days=1)))
    assert link.connect()


def test_a_tag_of_another_authority() -> None:
    """X6: the server's alert ends it."""
    certificate, key = made(["tag"], issuer=False)
    link = link_of(EapTlsServer(), replace(TLS, certificate=certificate, private_key=Secret(key)))
    assert not link.connect()
    assert link.heard("ap", "failed", "reason") == ["eap_rejected"]


def request(data: bytes, flags: int = 0) -> bytes:
    return bytes([1, 5]) + (6 + len(data)).to_bytes(2, "big") + bytes([13, flags]) + data


def test_what_no_server_says() -> None:
    """Bad input: before the start, without flags, between fragments, endless, and TLS that is none."""
    peer = EapTlsPeer(TLS)
    for wrong in (request(b"data"), bytes([1, 5, 0, 5, 13]), request(b"", 0x80)):
        with pytest.raises(RefusedError):
            peer.respond(wrong)
    assert peer.respond(request(b"", 0x20))[:2] == b"\x00\x16"
    for _ in range(FLIGHT_OCTETS_MAX // 400):
        assert peer.respond(request(bytes(400), 0x40)) == b"\x00"
    for _ in range(2):
        with pytest.raises(RefusedError):
            peer.respond(request(bytes(400), 0x40))
    peer.respond(request(b"", 0x20))
    assert peer.respond(request(b"this is no TLS"))[:1] == b"\x00"
    with pytest.raises(RefusedError):
        peer.respond(request(b""))
    assert peer.msk is None


def test_data_between_the_tag_s_fragments() -> None:
    """RFC 5216, 2.1.5: only an acknowledgement may come there, and nothing at all after the end."""
    link = link_of(EapTlsServer())
    link.ap.begin(ID)
    while not any(len(message.payload) > 480 for message in link.said(11)):
        link.round()
    assert link.tag._bond.peer is not None
    method = link.tag._bond.peer._method
    with pytest.raises(RefusedError):
        method.respond(request(b"data"))
    link.run()
    assert link.is_open()
    with pytest.raises(RefusedError):
        method.respond(request(b""))


def test_credentials_that_cannot_be() -> None:
    key = rsa.generate_private_key(65537, 2048)
    clear = serialization.NoEncryption()
    octets = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, clear)
    with pytest.raises(ValueError, match="elliptic"):
        EapTlsPeer(replace(TLS, private_key=Secret(octets)))
    with pytest.raises(ValueError):
        EapTlsPeer(replace(TLS, certificate=b"no PEM"))
    with pytest.raises(ValueError, match="one EAP method"):
        Credential(ID, SPA, AA, eap_psk=Secret(bytes(16)), eap_tls=TLS, identity=IDENTITY)
    with pytest.raises(ValueError, match="identity"):
        Credential(ID, SPA, AA, eap_tls=TLS)
    with pytest.raises(ValueError, match="no credential"):
        Credential(ID, SPA, AA).peer(None)  # type: ignore[arg-type]
