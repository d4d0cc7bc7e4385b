"""Opening a radio by its URI, and starting several as one."""

from __future__ import annotations

from ampradio.radio.pluto import PlutoRadio


def open_radio(
    uri: str,
    *,
    block: int | None = None,
    receive_buffers: int = 4,
    lead_blocks: int = 2,
    paced_by_reader: bool = False,
    delay_samples: int = 0,
    timeout_s: float = 3.0,
) -> PlutoRadio:
    """Open the radio at ``uri``: ``pluto:ip:…``, ``pluto:usb:``, ``emu:``.

    Args:
        uri: see ``radio_uri``.
        block: samples in a block; the usual is a power of two that lasts 8 ms or a little longer.
        receive_buffers: kernel buffers of the receiver, 2 to 64.
        lead_blocks: how far ahead transmissions are handed over, 1 to 3: less is sooner, more bears more.
        paced_by_reader: blocks are taken when the reader asks, in its thread: for emulated radios in elastic time,
            where a run then repeats exactly. A real radio loses samples that way.
        delay_samples: what calibration found between the digital loopback and the way by the antennas.
        timeout_s: how long a radio may be silent.

    Raises:
        RadioError: it cannot be opened; the kind and ``fix`` say why.
    """
    return PlutoRadio(
        uri,
        block=block,
        receive_buffers=receive_buffers,
        lead_blocks=lead_blocks,
        paced_by_reader=paced_by_reader,
        delay_samples=delay_samples,
        timeout_s=timeout_s,
    )


def start_together(radios: list[PlutoRadio], *, transmit: bool = True) -> None:
    """Start several radios a block of each in turn: of emulated ones in elastic time, none waits for the others."""
    rounds = [radio.starting(transmit=transmit) for radio in radios]
    while not all([next(each) for each in rounds]):
        pass
    for radio in radios:
        radio.begin()
