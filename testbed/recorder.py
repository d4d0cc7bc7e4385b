"""What one PHY process writes down: its receive stream as SigMF, with everything its receiver was told and gave."""

from __future__ import annotations

import time
from collections.abc import Callable

from ampradio.phy.mono_static_window import OwnPpdu
from ampradio.phy.reception import Reception
from ampradio.profile import Profile
from ampradio.vectors import Listen
from flowgraphs.streams import CI16_UNIT
from testbed.capture import CaptureMeta

POLL_S = 0.01
CLOSING_S = 0.05


class NodeRecorder:
    """The witness of a PHY; records nothing when ``base`` is empty."""

    def __init__(
        self,
        base: str,
        role: str,
        profile: Profile,
        sample_rate_sps: int,
        datatype: str,
        description: str,
        *,
        center_hz: float | None = None,
        hardware: str = "",
        device: str = "",
        time_scale: int = 1,
    ) -> None:
        self._meta: CaptureMeta | None = None
        self.data_path = ""
        if base:
            self._meta = CaptureMeta(
                base,
                sample_rate_sps,
                datatype,
                profile,
                description=description,
                node=role,
                role=role,
                center_hz=profile.uplink.carrier_hz if center_hz is None else center_hz,
                unit=CI16_UNIT if datatype == "ci16_le" else None,
                hardware=hardware,
                device=device,
                time_scale=time_scale,
            )
            self.data_path = str(self._meta.data_path)

    def reception(self, reception: Reception) -> None:
        """A PPDU was received."""
        if self._meta:
            self._meta.add(reception)

    def listen(self, window: Listen) -> None:
        """The receiver was told to look for a reply."""
        if self._meta:
            self._meta.add_listen(window)

    def blank(self, start: int, stop: int) -> None:
        """The receiver was told to ignore samples."""
        if self._meta:
            self._meta.add_blank(start, stop)

    def own(self, ppdu: OwnPpdu, samples: int) -> None:
        """This node sends a PPDU that tags modulate; the receiver listens to what comes back."""
        if self._meta:
            self._meta.add_own(ppdu, samples)

    def gap(self, sample: int) -> None:
        """The radio lost samples before ``sample``."""
        if self._meta:
            self._meta.add_gap(sample)

    def finish(self, end_sink: Callable[[], None], samples: int, patience_s: float) -> None:
        """Cut the recording to ``samples`` once the file sink has written as many, and has stopped.

        A run that failed may have received what was not written: then the recording is as long as its file.
        """
        if not self._meta:
            return
        octets = samples * self._meta.octets_per_sample
        end = time.monotonic() + patience_s
        while self._written() < octets and time.monotonic() < end:
            time.sleep(POLL_S)
        end_sink()
        # A chunk may be on its way to the file; written after the cut it would lengthen it again.
        time.sleep(CLOSING_S)
        self._meta.finalise(min(samples, self._written() // self._meta.octets_per_sample))

    def _written(self) -> int:
        assert self._meta
        return self._meta.data_path.stat().st_size
