"""Which radio a run is over, by its URI: simulated, or PlutoSDRs that are emulated or real, by driver or GNU Radio.

``emu:`` starts two emulated PlutoSDRs; words behind it change that: ``wall`` real time instead of elastic, ``loopback``
one PlutoSDR whose transmitter is its receiver's input, ``gr`` GNU Radio's blocks instead of the driver. Addresses in
place of words name emulated ones that run already; ``?elastic`` behind them says that their time is.
``pluto:ADDRESS,ADDRESS`` are real ones, for AP and tag; ``pluto:ADDRESS?loopback`` is one without an antenna; ``?gr``
as above.
"""

from __future__ import annotations

from dataclasses import dataclass

from testbed.experiment.time_scale import EMULATED, FLOWGRAPH, REFLECTED_EMULATED, REFLECTED_WALL, WALL

SIMULATED = ("zmq", "sim")
WORDS = ("wall", "loopback", "gr")
OPTIONS = ("loopback", "gr", "elastic")
FORMS = "zmq:, sim:, emu:, emu:wall, emu:loopback, emu:gr, pluto:ADDRESS,ADDRESS, pluto:ADDRESS?loopback"


class RadioChoiceError(ValueError):
    """The URI names no radio that runs an exchange; ``fix`` says what to write."""

    def __init__(self, reason: str, fix: str = f"write one of {FORMS}") -> None:
        super().__init__(reason)
        self.fix = fix


@dataclass(frozen=True)
class RadioChoice:
    """A run's radio.

    ``uris`` are those of radios that are there already, without their scheme; empty where the run starts the emulator.
    ``elastic``: their time waits for their reader.
    """

    scheme: str
    uris: tuple[str, ...] = ()
    elastic: bool = False
    loopback: bool = False
    gnuradio: bool = False

    @property
    def plutos(self) -> bool:
        """Whether it is PlutoSDRs at all."""
        return self.scheme not in SIMULATED

    @property
    def starts_emulator(self) -> bool:
        """Whether the run starts the emulator itself."""
        return self.scheme == "emu" and not self.uris

    @property
    def radiates(self) -> bool:
        """Whether something may leave an antenna."""
        return self.scheme == "pluto" and not self.loopback

    @property
    def count(self) -> int:
        """How many PlutoSDRs take part."""
        return 1 if self.loopback else 2

    def time_scale(self, reradiated: bool = False) -> int:
        """Return the interframe spaces' factor unless the experiment gives one."""
        if not self.plutos:
            return 1
        if reradiated:
            return REFLECTED_EMULATED if self.elastic else REFLECTED_WALL
        if not self.elastic:
            return WALL
        return FLOWGRAPH if self.gnuradio else EMULATED


def radio_choice(uri: str) -> RadioChoice:
    """Return what ``uri`` means; raises RadioChoiceError."""
    scheme, _, rest = uri.partition(":")
    if scheme in SIMULATED:
        return RadioChoice(scheme)
    if scheme not in ("emu", "pluto"):
        raise RadioChoiceError(f"{uri!r} does not run an exchange")
    where, _, asked = rest.partition("?")
    words = [word for word in where.split(",") if word and ":" not in word]
    uris = tuple(word for word in where.split(",") if ":" in word)
    options = [option for option in asked.replace("&", ",").split(",") if option]
    known = words if scheme == "emu" and not uris else []
    unknown = [word for word in words if word not in known or word not in WORDS]
    unknown += [option for option in options if option not in OPTIONS]
    if unknown:
        raise RadioChoiceError(f"{uri!r}: what is {unknown[0]!r}?")
    given = {*words, *options}
    elastic = "elastic" in given if uris else "wall" not in given
    if scheme == "pluto" and elastic:
        raise RadioChoiceError(f"{uri!r}: only emulated radios have elastic time", "leave that out, or write emu:")
    choice = RadioChoice(scheme, uris, elastic, "loopback" in given, "gr" in given)
    if choice.gnuradio and choice.loopback:
        raise RadioChoiceError(f"{uri!r}: GNU Radio's flowgraphs have a radio each", "leave out loopback, or gr")
    if scheme == "pluto" or uris:
        _check_count(uri, choice)
    return choice


def pluto_choice(uri: str) -> RadioChoice | None:
    """Return the choice where ``uri`` names PlutoSDRs; None for another radio, and for a URI that means nothing."""
    try:
        choice = radio_choice(uri)
    except RadioChoiceError:
        return None
    return choice if choice.plutos else None


def _check_count(uri: str, choice: RadioChoice) -> None:
    given = len(choice.uris)
    if given == choice.count:
        return
    if choice.loopback:
        raise RadioChoiceError(f"{uri!r}: a loopback has one radio, not {given}", "give one address")
    if given == 1:
        fix = f"give two, as {uri},usb:; or let one talk to itself without an antenna: {uri}?loopback"
        raise RadioChoiceError(f"{uri!r} is one radio: AP and tag need one each", fix)
    raise RadioChoiceError(f"{uri!r} names {given} radios; AP and tag take two")
