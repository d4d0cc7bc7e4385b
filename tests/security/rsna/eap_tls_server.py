"""An EAP-TLS server (RFC 5216) for the tests alone: OpenSSL's server end, and the other half of the fragmentation."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto

from ampradio.security.rsna.backhaul import EapFromServer, EapToServer
from ampradio.security.secret import Secret
from tests.conftest import SHARED

CERTS = SHARED / "radius/certs"
LABEL = b"client EAP encryption"


def pem(name: str) -> bytes:
    return (CERTS / name).read_bytes()


@dataclass
class EapTlsServer:
    """Answers one conversation at a time, in fragments of ``fragment`` octets."""

    certificate: bytes = field(default_factory=lambda: pem("server.pem"))
    key: bytes = field(default_factory=lambda: pem("server.key"))
    fragment: int = 400
    identifier: int = 0
    msks: list[bytes] = field(default_factory=list)
    longest: int = 0

    def __call__(self, request: EapToServer) -> EapFromServer:
        self.identifier = (self.identifier + 1) % 256
        self.longest = max(self.longest, len(request.eap))
        if request.eap[4] == 1:
            self.start()
            return self.say(request, b"\x20")
        if request.eap[4] != 13:
            return self.end(request, False)
        flags, data = request.eap[5], request.eap[6:]
        if flags & 0x80:
            data = data[4:]
        if self.flight:
            assert not data
            return self.piece(request)
        self.incoming += data
        if flags & 0x40:
            return self.say(request, b"\x00")
        if self.done or not self.incoming:
            return self.end(request, self.done)
        self.tls.bio_write(self.incoming)
        self.incoming = b""
        try:
            self.tls.do_handshake()
            self.done = True
        except SSL.WantReadError:
            pass
        except SSL.Error:
            return self.end(request, False)
        self.flight = self.tls.bio_read(65536)
        return self.piece(request)

    def start(self) -> None:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.use_certificate(x509.load_pem_x509_certificate(self.certificate))
        context.use_privatekey(load_pem_private_key(self.key, None))  # type: ignore[arg-type]
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
        store = context.get_cert_store()
        assert store is not None
        store.add_cert(crypto.X509.from_cryptography(x509.load_pem_x509_certificate(pem("ca.pem"))))
        self.tls = SSL.Connection(context, None)
        self.tls.set_accept_state()
        self.incoming = self.flight = b""
        self.done, self.first = False, True

    def piece(self, request: EapToServer) -> EapFromServer:
        piece, rest = self.flight[: self.fragment], self.flight[self.fragment :]
        head = b"\x00"
        if rest:
            head = b"\xc0" + len(self.flight).to_bytes(4, "big") if self.first else b"\x40"
        self.flight, self.first = rest, not rest
        return self.say(request, head + piece)

    def say(self, request: EapToServer, data: bytes) -> EapFromServer:
        packet = bytes([1, self.identifier]) + (5 + len(data)).to_bytes(2, "big") + b"\x0d" + data
        return EapFromServer(request.conversation, request.request_id, packet)

    def end(self, request: EapToServer, accepted: bool) -> EapFromServer:
        packet = bytes([3 if accepted else 4, request.eap[1], 0, 4])
        msk = None
        if accepted:
            self.msks.append(self.tls.export_keying_material(LABEL, 128)[:64])
            msk = Secret(self.msks[-1])
        return EapFromServer(request.conversation, request.request_id, packet, accepted, not accepted, msk)
