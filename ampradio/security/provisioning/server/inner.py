"""End-to-end protection between server and device, which the gateway carries and cannot read (R2.10, W2.8)."""

from __future__ import annotations

import struct
from dataclasses import replace

from ampradio.profile.model import Mac
from ampradio.security import aead
from ampradio.security.provisioning.gateway.additional_data import frame_nonce, header_data
from ampradio.security.provisioning.profiles import ProvisioningParameters
from ampradio.security.provisioning.server.records import DeviceRecord, DeviceStore, Issue
from ampradio.security.provisioning.server.schedule import Schedule


class InnerChannel:
    """Commands to devices and readings from them, under K_e2e; one reading answers one command."""

    def __init__(self, mac: Mac, parameters: ProvisioningParameters, store: DeviceStore, schedule: Schedule) -> None:
        self._mac = mac
        self._parameters = parameters
        self._store = store
        self._schedule = schedule

    def seal_command(self, device_hash: bytes, command: bytes) -> bytes:
        """Return what the gateway is to send as the command; its counter is kept before it is used.

        Raises ``ValueError`` for a device that is not provisioned, or without end-to-end protection.
        """
        record, issue = self._bound(device_hash)
        record = replace(record, inner=record.inner + 1)
        self._store.put(record)
        nonce = frame_nonce(0, issue.address, 0, record.inner, 0)
        aad = header_data(self._mac, self._parameters.prof, issue.station_id, self._parameters.messages.req)
        key = self._schedule.end_to_end_key(record, issue)
        sealed = aead.ccm_seal(key.expose(), nonce, command, aad, self._parameters.data_tag_octets)
        return struct.pack(">I", record.inner) + sealed

    def open_reading(self, device_hash: bytes, reading: bytes) -> bytes | None:
        """Return what the device answered to the last command, once; None for anything else.

        Raises ``ValueError`` for a device that is not provisioned, or without end-to-end protection.
        """
        record, issue = self._bound(device_hash)
        if record.answered == record.inner:
            return None
        nonce = frame_nonce(1, issue.address, 0, record.inner, 0)
        aad = header_data(self._mac, self._parameters.prof, issue.station_id, self._parameters.messages.res)
        key = self._schedule.end_to_end_key(record, issue)
        data = aead.ccm_open(key.expose(), nonce, reading, aad, self._parameters.data_tag_octets)
        if data is not None:
            self._store.put(replace(record, answered=record.inner))
        return data

    def _bound(self, device_hash: bytes) -> tuple[DeviceRecord, Issue]:
        record = self._store.find(device_hash)
        if not self._parameters.end_to_end or record is None or record.current is None:
            raise ValueError("no end-to-end protection with this device")
        return record, record.current
