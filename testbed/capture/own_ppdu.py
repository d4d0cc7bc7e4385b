"""The AP's own PPDU as a recording tells of it: without it, nobody can take its leak off a mono-static reply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ampradio.phy.mono_static_window import OwnPpdu
from ampradio.vectors import PpduKind, TxVector
from testbed.capture.annotations import BLANK_LABEL, COUNT, LABEL, START

KIND = "amp:own_kind"


def own_annotation(own: OwnPpdu, samples: int) -> dict[str, object]:
    """Return the annotation of a PPDU of ``samples`` that the recording's own station sent."""
    return {
        START: max(own.start_sample, 0),
        COUNT: samples,
        LABEL: BLANK_LABEL,
        KIND: own.vector.kind.name,
        "amp:own_rate_bps": own.vector.rate_bps,
        "amp:own_start_sample": own.start_sample,
        "amp:own_psdu_hex": own.psdu.hex(),
        "amp:own_excitation_ns": own.vector.excitation_ns,
        "amp:own_multi_txop": own.vector.multi_txop,
        "amp:own_session_id": own.vector.session_id,
        "amp:own_sta_id": own.vector.sta_id,
    }


def own_ppdus(annotations: Iterable[Mapping[str, object]]) -> tuple[OwnPpdu, ...]:
    """Return the own PPDUs of the annotations; raises KeyError, TypeError or ValueError."""
    return tuple(_own_ppdu(each) for each in annotations if KIND in each)


def _own_ppdu(annotation: Mapping[str, object]) -> OwnPpdu:
    vector = TxVector(
        PpduKind[str(annotation[KIND])],
        _whole(annotation, "amp:own_rate_bps"),
        multi_txop=bool(annotation.get("amp:own_multi_txop", False)),
        session_id=_whole({"amp:own_session_id": 0, **annotation}, "amp:own_session_id"),
        sta_id=_whole({"amp:own_sta_id": 0, **annotation}, "amp:own_sta_id"),
        excitation_ns=_whole({"amp:own_excitation_ns": 0, **annotation}, "amp:own_excitation_ns"),
    )
    psdu = bytes.fromhex(str(annotation["amp:own_psdu_hex"]))
    return OwnPpdu(psdu, vector, _whole(annotation, "amp:own_start_sample"))


def _whole(annotation: Mapping[str, object], key: str) -> int:
    value = annotation[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(key)
    return value
