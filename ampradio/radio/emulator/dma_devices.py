"""The devices around the transceiver: receive and transmit cores with their DMA, tone generators, and the sensors."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field

from ampradio.radio.emulator.iio_tree import Attribute, Channel, Device, Refused, Stored, integer
from ampradio.radio.emulator.tone import LABELS, Tone
from ampradio.radio.emulator.transceiver import Transceiver

STATUS = 0x80000088  # bit 0: the transmitter ran dry; bit 2: received samples were lost; write 1 to clear
UNDERFLOW, OVERFLOW = 1, 4


@dataclass
class Registers:
    """Registers of a core, through direct_reg_access; ``look`` brings the status up to date before it is read."""

    look: Callable[[], None] = lambda: None
    losses: int = 0  # how often a loss was flagged since the start
    _kept: dict[int, int] = field(default_factory=dict)
    _address: int = 0

    def flag(self, bits: int) -> None:
        """Set bits of the status, which stay until a client clears them."""
        self._kept[STATUS] = self._kept.get(STATUS, 0) | bits
        self.losses += 1

    def attribute(self) -> Attribute:
        """Return direct_reg_access: an address chooses what is read, an address and a value write."""
        return Attribute("direct_reg_access", self._read, self._write)

    def _read(self) -> str:
        self.look()
        return f"0x{self._kept.get(self._address, 0):X}"

    def _write(self, text: str) -> None:
        try:
            words = [int(word, 0) for word in text.split()]
        except ValueError:
            raise Refused(errno.EINVAL) from None
        if not 1 <= len(words) <= 2 or not all(0 <= word < 1 << 32 for word in words):
            raise Refused(errno.EINVAL)
        self._address = words[0]
        if len(words) == 2 and self._address == STATUS:
            self.look()
            self._kept[STATUS] = self._kept.get(STATUS, 0) & ~words[1]
        elif len(words) == 2 and (self._address in self._kept or len(self._kept) < 4096):
            self._kept[self._address] = words[1]


@dataclass
class Core:
    """What the receive or transmit core in the FPGA is set to; ``by_eight`` switches its 8:1 filter."""

    chip: Transceiver
    registers: Registers = field(default_factory=Registers)
    by_eight: bool = False

    def rate_sps(self) -> int:
        """Return the rate of the samples in a buffer."""
        return self.chip.rate_sps // (8 if self.by_eight else 1)

    def _set_rate(self, text: str) -> None:
        rates = (self.chip.rate_sps, self.chip.rate_sps // 8)
        asked = integer(text)
        if asked not in rates:
            raise Refused(errno.EINVAL)
        self.by_eight = asked == rates[1]

    def rate_attributes(self, prefix: str) -> tuple[Attribute, ...]:
        """Return sampling_frequency and what it may be."""
        available = f"{prefix}sampling_frequency_available"
        return (
            Attribute(
                "sampling_frequency", lambda: str(self.rate_sps()), self._set_rate, f"{prefix}sampling_frequency"
            ),
            Attribute(
                "sampling_frequency_available",
                lambda: f"{self.chip.rate_sps} {self.chip.rate_sps // 8} ",
                None,
                available,
            ),
        )


def receive_device(core: Core) -> Device:
    """Return cf-ad9361-lpc: I and Q, 12 bits in 16."""
    return Device(
        "iio:device3",
        "cf-ad9361-lpc",
        tuple(
            Channel(
                f"voltage{index}",
                False,
                (*core.rate_attributes("in_voltage_"), *_corrections(f"in_voltage{index}_")),
                scan=(index, "le:S12/16>>0"),
            )
            for index in range(2)
        ),
        debug=(core.registers.attribute(),),
        buffer=_buffer_attributes(),
    )


def transmit_device(core: Core, tones: tuple[Tone, ...]) -> Device:
    """Return cf-ad9361-dds-core-lpc: I and Q of a buffer, and the tone generators."""
    data = tuple(
        Channel(
            f"voltage{index}",
            True,
            (*core.rate_attributes("out_voltage_"), *_corrections(f"out_voltage{index}_")),
            scan=(index, "le:S16/16>>0"),
        )
        for index in range(2)
    )
    generators = tuple(
        Channel(f"altvoltage{index}", True, _tone(core, tone, index, LABELS[index]), LABELS[index])
        for index, tone in enumerate(tones)
    )
    return Device(
        "iio:device2",
        "cf-ad9361-dds-core-lpc",
        data + generators,
        debug=(core.registers.attribute(),),
        buffer=_buffer_attributes(),
    )


def sensor_device() -> Device:
    """Return xadc: the die's temperature and supplies, constant as on an idle board."""
    channels = [
        Channel(
            "temp0",
            False,
            tuple(
                Attribute(name, Stored(value).read, None, f"in_temp0_{name}")
                for name, value in (("offset", "-2219"), ("raw", "2597"), ("scale", "123.040771484"))
            ),
        )
    ]
    supplies = (
        ("vccint", 1365),
        ("vccaux", 2451),
        ("vccbram", 1364),
        ("vccpint", 1357),
        ("vccpaux", 2448),
        ("vccoddr", 1841),
    )
    for index, (label, raw) in enumerate(supplies):
        prefix = f"in_voltage{index}_{label}_"
        values = (
            Attribute(name, Stored(value).read, None, prefix + name)
            for name, value in (("raw", str(raw)), ("scale", "0.732421875"))
        )
        channels.append(Channel(f"voltage{index}", False, tuple(values), label))
    return Device("iio:device1", "xadc", tuple(channels), (Attribute("sampling_frequency", Stored("961538").read),))


def _corrections(prefix: str) -> tuple[Attribute, ...]:
    kept = {
        name: Stored(value)
        for name, value in (("calibbias", "0"), ("calibphase", "0.000000"), ("calibscale", "1.000000"))
    }
    return tuple(Attribute(name, each.read, None, prefix + name) for name, each in kept.items())


def _buffer_attributes() -> tuple[Attribute, ...]:
    watermark = Stored("1")
    return (Attribute("watermark", watermark.read, watermark.write), Attribute("data_available", lambda: "0"))


def _tone(core: Core, tone: Tone, index: int, label: str) -> tuple[Attribute, ...]:
    prefix = f"out_altvoltage{index}_{label}_"
    rate = core.rate_sps
    return (
        Attribute(
            "frequency",
            lambda: str(tone.frequency_hz),
            lambda text: tone.set_frequency(text, rate()),
            f"{prefix}frequency",
        ),
        Attribute("phase", lambda: str(tone.phase_mdeg), tone.set_phase, f"{prefix}phase"),
        Attribute("raw", lambda: str(int(tone.on)), tone.set_on, f"{prefix}raw"),
        Attribute("scale", lambda: f"{tone.scale:.6f}", tone.set_scale, f"{prefix}scale"),
        Attribute("sampling_frequency", lambda: str(rate()), None, "out_altvoltage_sampling_frequency"),
    )
