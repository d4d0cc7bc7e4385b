"""The MACs of provisioning as the tag works them out (protocols page 3.4, rules 2, 10, 14 and 15)."""

from __future__ import annotations

from ampradio.profile.model import Mac
from ampradio.security.journal import RefusedError
from ampradio.security.primitives import aes_cmac, equal
from ampradio.security.provisioning.profiles import EPOCH_OCTETS, MIC_OCTETS, PROOF_OCTETS, ProvisioningParameters
from ampradio.security.provisioning.refusal import Reason
from ampradio.security.provisioning.tag.keys import ProvisionedKeys, admin_key, proof_key
from ampradio.security.provisioning.tag.memory import Bound
from ampradio.security.provisioning.tag.messages import Provision, additional_data
from ampradio.security.secret import Secret
from ampradio.security.session import Message

_STATUS_OK = b"\x00"


class Proofs:
    """What the server has to show to the tag, and the tag to the server."""

    def __init__(self, mac: Mac, parameters: ProvisioningParameters) -> None:
        self._mac = mac
        self._parameters = parameters

    def require_server(self, prk: Secret, short_hash: bytes, gwid: bytes, prov: Provision) -> None:
        """Raise ``RefusedError`` unless PROV's maker knows the secret identity, for this gateway, nonce and address."""
        aad = self._aad(self._mac.broadcast_id, self._parameters.messages.prov)
        covered = aad + short_hash + gwid + prov.nonce + prov.address
        if not equal(aes_cmac(proof_key(prk).expose(), covered, PROOF_OCTETS), prov.proof):
            raise RefusedError(Reason.BAD_PROOF)

    def confirm(self, bound: Bound, keys: ProvisionedKeys) -> bytes:
        """Return the payload of PROV-CONFIRM; S2-B has sent its nonce before and has no room for a status."""
        fields = bound.address
        if not self._parameters.hides_identity:
            fields += bound.device_nonce + _STATUS_OK
        aad = self._aad(bound.station_id, self._parameters.messages.confirm)
        return fields + aes_cmac(keys.confirm.expose(), aad + fields, MIC_OCTETS)

    def require_order(self, prk: Secret, message: Message, tag: bytes) -> None:
        """Raise ``RefusedError`` unless ``tag`` makes this REPROVISION the server's."""
        aad = self._aad(message.station_id, message.msg)
        if not equal(aes_cmac(admin_key(prk).expose(), aad + message.payload[:EPOCH_OCTETS], MIC_OCTETS), tag):
            raise RefusedError(Reason.BAD_MIC)

    def _aad(self, station_id: int, msg: int) -> bytes:
        return additional_data(self._mac, self._parameters.prof, station_id, msg)
