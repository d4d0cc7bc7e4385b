"""The server's key schedule and the MACs it makes and judges (R2.36 to R2.41, rules 2, 10, 14 and 15)."""

from __future__ import annotations

import struct

from ampradio.profile.model import Mac
from ampradio.security.agreement import x25519
from ampradio.security.hkdf import hkdf_expand, hkdf_extract
from ampradio.security.primitives import aes_cmac
from ampradio.security.provisioning.gateway.additional_data import header_data
from ampradio.security.provisioning.profiles import KEY_OCTETS, MIC_OCTETS, PROOF_OCTETS, ProvisioningParameters
from ampradio.security.provisioning.server.records import DeviceRecord, Issue
from ampradio.security.secret import Secret


class Schedule:
    """Derives everything of a device from its record and the server's own key."""

    def __init__(self, mac: Mac, parameters: ProvisioningParameters, private: Secret, public: bytes) -> None:
        """Take the server's key pair."""
        self._mac = mac
        self._parameters = parameters
        self._private = private
        self._public = public

    def temporal_keys(self, record: DeviceRecord, issue: Issue) -> tuple[Secret, Secret]:
        """Return TK1 and TK2, which go to the gateway and never to the device (R2.40, R2.41)."""
        return self._derived(record, issue, b"TK1"), self._derived(record, issue, b"TK2")

    def end_to_end_key(self, record: DeviceRecord, issue: Issue) -> Secret:
        """Return K_e2e, which the gateway never gets (W2.8)."""
        return self._expand(self._prk(record, issue.seed), b"E2E" + self._context(issue))

    def session_key(self, record: DeviceRecord, issue: Issue, x: int, cntr: int) -> Secret:
        """Return the EKx_i that a gateway names as a seed (R2.47)."""
        return self._expand(self.temporal_keys(record, issue)[x - 1], struct.pack(">I", cntr))

    def proof(self, record: DeviceRecord, issue: Issue) -> bytes:
        """Return PROOF for an issue: knowledge of the device's secret identity (R2.14)."""
        aad = self._aad(self._mac.broadcast_id, self._parameters.messages.prov)
        short = record.device_hash[: self._parameters.hash_octets]
        covered = aad + short + issue.gwid + issue.nonce + struct.pack(">H", issue.address)
        key = self._expand(self._prk(record, issue.seed), b"PRV")
        return aes_cmac(key.expose(), covered, PROOF_OCTETS)

    def confirm_mic(self, record: DeviceRecord, issue: Issue, fields: bytes) -> bytes:
        """Return the MIC that the device's confirm of an issue has to have (R2.26); not in literal."""
        aad = self._aad(issue.station_id, self._parameters.messages.confirm)
        return aes_cmac(self._derived(record, issue, b"CNF").expose(), aad + fields, MIC_OCTETS)

    def reprovision(self, record: DeviceRecord, station_id: int, epoch: int) -> bytes:
        """Return a REPROVISION payload; its key follows from the factory's secrets, whatever the seed was."""
        aad = self._aad(station_id, self._parameters.messages.reprovision)
        fields = struct.pack(">Q", epoch)
        key = self._expand(self._prk(record, None), b"ADM")
        return fields + aes_cmac(key.expose(), aad + fields, MIC_OCTETS)

    def _derived(self, record: DeviceRecord, issue: Issue, label: bytes) -> Secret:
        return self._expand(self._prk(record, issue.seed), self._context(issue) + label)

    def _context(self, issue: Issue) -> bytes:
        return issue.gwid + issue.nonce + struct.pack(">H", issue.address) + issue.device_nonce

    def _prk(self, record: DeviceRecord, seed: Secret | None) -> Secret:
        salt = b"" if seed is None else seed.expose()
        if not self._parameters.hardened:
            return Secret(hkdf_extract(b"", salt or record.serial.expose() + self._public))
        z = x25519(self._private.expose(), record.public)
        return Secret(hkdf_extract(salt, record.serial.expose() + self._public + z))

    def _aad(self, station_id: int, msg: int) -> bytes:
        return header_data(self._mac, self._parameters.prof, station_id, msg)

    @staticmethod
    def _expand(key: Secret, info: bytes) -> Secret:
        return Secret(hkdf_expand(key.expose(), info, KEY_OCTETS))
