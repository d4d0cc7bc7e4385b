"""How a frame is shown on a message ladder: who to whom, under which name, how long, how well received."""

from __future__ import annotations

from ampradio.mac.events import Detail
from ampradio.mac.excitation import Excitation
from ampradio.mac.frame import Frame, station_of, type_name
from ampradio.mac.header import frame_control_of
from ampradio.mac.message_names import message_name
from ampradio.mac.payload import Authentication, Data
from ampradio.mac.refusal import Refusal
from ampradio.profile.model import Mac
from ampradio.vectors import RxVector, TxVector

AP_NAME, ENERGIZER_NAME, ALL_NAME = "AP", "Energizer", "all"


def frame_name(mac: Mac, frame: Frame, psdu: bytes) -> str:
    """Return the name of a frame: of the message where it carries one, else of its type."""
    if isinstance(frame, (Authentication, Data)) and frame.shim.proto:
        name = message_name(frame.shim.proto, frame.shim.msg, frame.shim.prof)
        whole = not frame.shim.more and not frame.shim.fragment
        return name if whole else f"{name} [{frame.shim.fragment}]"
    return type_name(mac, frame_control_of(mac, psdu)[0])


def station_name(mac: Mac, station_id: int) -> str:
    """Return how a station is shown."""
    return ALL_NAME if station_id == mac.broadcast_id else f"0x{station_id:04X}"


def sent(mac: Mac, frame: Frame, psdu: bytes, vector: TxVector, start_ns: int, end_ns: int) -> Detail:
    """Return the detail of a ``tx`` event."""
    frame_type, _ = frame_control_of(mac, psdu)
    return {
        **_ends(mac, frame, vector.kind.is_downlink),
        "name": frame_name(mac, frame, psdu),
        "frame": type_name(mac, frame_type),
        "octets": len(psdu),
        "start_ns": start_ns,
        "end_ns": end_ns,
        "rate_bps": vector.rate_bps,
        "protected": vector.protected,
    }


def received(mac: Mac, frame: Frame, psdu: bytes, rx: RxVector) -> Detail:
    """Return the detail of an ``rx`` event, or of a ``drop`` of a frame that could be read."""
    frame_type, protected = frame_control_of(mac, psdu)
    return {
        **_ends(mac, frame, rx.kind.is_downlink),
        "name": frame_name(mac, frame, psdu),
        "frame": type_name(mac, frame_type),
        "protected": protected,
        **measured(psdu, rx),
    }


def refused(mac: Mac, refusal: Refusal, psdu: bytes, rx: RxVector) -> Detail:
    """Return the detail of a ``drop`` of a PSDU that could not be read."""
    known = type_name(mac, refusal.frame_type) if refusal.frame_type is not None else None
    return {"frame": known, "id": refusal.station_id, "what": refusal.detail, **measured(psdu, rx)}


def measured(psdu: bytes, rx: RxVector) -> Detail:
    """Return size, place and quality of a received PPDU."""
    return {
        "octets": len(psdu),
        "start_ns": rx.start_ns,
        "end_ns": rx.end_ns,
        "rate_bps": rx.rate_bps,
        "snr_db": rx.snr_db,
        "clock_ppm": rx.clock_ppm,
        "cfo_hz": rx.cfo_hz,
    }


def _ends(mac: Mac, frame: Frame, downlink: bool) -> Detail:
    station_id = station_of(mac, frame)
    station = station_name(mac, station_id)
    src, dst = (AP_NAME, station) if downlink else (station, AP_NAME)
    if isinstance(frame, Excitation):
        src, dst = ENERGIZER_NAME, ALL_NAME
    return {"direction": "DL" if downlink else "UL", "src": src, "dst": dst, "id": station_id}
