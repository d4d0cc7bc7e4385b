"""The peer of EAP-TLS (RFC 5216) with TLS 1.2: certificates at both ends, in fragments that fit an AMP message.

TLS is OpenSSL's, between two memory buffers. It draws its own random numbers and no meter counts it: a run with it is
neither reproducible octet for octet nor honest about energy. A tag has no clock, so no certificate is too old for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto

from ampradio.security.journal import RefusedError
from ampradio.security.rsna.refusal import Reason
from ampradio.security.secret import Secret

TYPE = 13
FRAGMENT_OCTETS = 480  # what fits eight AMP frames behind the EAP header (page 1.1)
FLIGHT_OCTETS_MAX = 16_384
MSK_OCTETS = 64
_LENGTH, _MORE, _START = 0x80, 0x40, 0x20
_LABEL = b"client EAP encryption"
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME
_READ_OCTETS = 65_536


@dataclass(frozen=True)
class TlsCredential:
    """The tag's certificate and key, the authority it trusts, and the DNS name its server has to have; all PEM."""

    certificate: bytes
    private_key: Secret
    authority: bytes
    server_name: str

    def connection(self) -> SSL.Connection:
        """Return a client that has yet to begin; raises ``ValueError`` for PEM that is none, or no key on a curve."""
        key = load_pem_private_key(self.private_key.expose(), None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise ValueError("a tag's key is on an elliptic curve: an RSA certificate does not fit its messages")
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.use_certificate(x509.load_pem_x509_certificate(self.certificate))
        context.use_privatekey(key)
        context.set_verify(SSL.VERIFY_PEER)
        store = context.get_cert_store()
        assert store is not None
        store.set_flags(_NO_CHECK_TIME)
        for certificate in x509.load_pem_x509_certificates(self.authority):
            store.add_cert(crypto.X509.from_cryptography(certificate))
        connection = SSL.Connection(context, None)
        connection.set_connect_state()
        return connection


class EapTlsPeer:
    """One run of the method; a start begins another."""

    def __init__(self, credential: TlsCredential) -> None:
        """Take the credential; raises ``ValueError`` when it is none."""
        self._credential = credential
        self._tls = credential.connection()
        self._begun = False
        self._incoming = b""
        self._flight = b""
        self._sent = 0
        self.msk: Secret | None = None

    def respond(self, request: bytes) -> bytes:
        """Return the response's type data to a request; raises ``RefusedError`` for one that is not right."""
        flags, data = self._parse(request)
        if flags & _START:
            self._tls = self._credential.connection()
            self._begun, self._incoming, self._flight, self._sent, self.msk = True, b"", b"", 0, None
            self._turn()
        elif not self._begun or self.msk is not None:
            raise RefusedError(Reason.BAD_EAP)
        elif self._sent < len(self._flight):
            if data:
                raise RefusedError(Reason.BAD_EAP)  # only an acknowledgement may come between fragments
        else:
            self._incoming += data
            if len(self._incoming) > FLIGHT_OCTETS_MAX:
                self._begun = False
                raise RefusedError(Reason.BAD_EAP)
            if flags & _MORE:
                return b"\0"
            self._turn()
        return self._fragment()

    @staticmethod
    def _parse(request: bytes) -> tuple[int, bytes]:
        start = 10 if len(request) > 5 and request[5] & _LENGTH else 6
        if len(request) < start:
            raise RefusedError(Reason.BAD_EAP)
        return request[5], request[start:]

    def _turn(self) -> None:
        """Give TLS what came, and take the flight that it answers with; an alert is a flight too."""
        incoming, self._incoming = self._incoming, b""
        if incoming:
            self._tls.bio_write(incoming)
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error:
            self._begun = False
        else:
            self._finish()
        try:
            self._flight, self._sent = self._tls.bio_read(_READ_OCTETS), 0
        except SSL.WantReadError:
            self._flight, self._sent = b"", 0

    def _finish(self) -> None:
        """Take the MSK (RFC 5216, 2.3) if the server is the one that was meant."""
        certificate = self._tls.get_peer_certificate(as_cryptography=True)
        if certificate is None or self._credential.server_name not in _names_of(certificate):
            self._begun = False
            return
        self.msk = Secret(self._tls.export_keying_material(_LABEL, MSK_OCTETS))

    def _fragment(self) -> bytes:
        """Return the next piece of the flight; an empty one acknowledges."""
        piece = self._flight[self._sent : self._sent + FRAGMENT_OCTETS]
        first, self._sent = self._sent == 0, self._sent + len(piece)
        flags = _MORE if self._sent < len(self._flight) else 0
        if first and flags:
            return bytes([flags | _LENGTH]) + len(self._flight).to_bytes(4, "big") + piece
        return bytes([flags]) + piece


def _names_of(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.DNSName)
