"""Several emulated PlutoSDRs with one clock and one air, each at its own address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType

from ampradio.radio.emulator.air import Air, FlatAir
from ampradio.radio.emulator.clock import Clock, ElasticClock, WallClock
from ampradio.radio.emulator.front_end import Board, Converter, NumpyConverter
from ampradio.radio.emulator.pluto import EmulatedPluto
from ampradio.radio.emulator.server import Server

MOST_PLUTOS = 16


def boards(
    count: int, noise_figure_db: float = 3.0, carrier_ppm: Sequence[float] = (), clock_ppm: Sequence[float] = ()
) -> list[Board]:
    """Return ``count`` boards; those beyond the end of ``carrier_ppm`` or ``clock_ppm`` have no such error."""
    carrier, clock = ([*ppm, *[0.0] * count] for ppm in (carrier_ppm, clock_ppm))
    return [Board(f"emulated{at:04d}", noise_figure_db, carrier[at], clock[at]) for at in range(count)]


class EmulatedNetwork:
    """``len(boards)`` PlutoSDRs that answer at ``uris`` until ``close``; also a context manager.

    Args:
        given: the boards; an int means that many without carrier error.
        air: what joins them; default FlatAir.
        elastic: time goes as fast as the receivers read, deterministically, instead of with the wall's clock.
        host: a loopback address.
        port: of the first, the others follow; 0 for free ones.
        seed: of the receivers' noise.
        converter: gives noise and converter of the radio of an index; default numpy's.

    Raises:
        ValueError: no board, or more than 16.
        OSError: a port is taken.
    """

    def __init__(
        self,
        given: int | Sequence[Board],
        air: Air | None = None,
        *,
        elastic: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        converter: Callable[[int], Converter] | None = None,
    ) -> None:
        each = boards(given) if isinstance(given, int) else list(given)
        if not 1 <= len(each) <= MOST_PLUTOS:
            raise ValueError(f"1 to {MOST_PLUTOS} PlutoSDRs can be emulated together, not {len(each)}")
        clock: Clock = ElasticClock() if elastic else WallClock()
        self.plutos: list[EmulatedPluto] = []
        for index, board in enumerate(each):
            own = converter(index) if converter else NumpyConverter(seed, index)
            self.plutos.append(EmulatedPluto(index, board, clock, air or FlatAir(), self.plutos, own))
        self.servers: list[Server] = []
        try:
            for index, pluto in enumerate(self.plutos):
                self.servers.append(Server(pluto, host, port + index if port else 0))
        except OSError:
            self.close()
            raise

    @property
    def uris(self) -> list[str]:
        """What libiio's clients call them."""
        return ["ip:{}:{}".format(*server.address) for server in self.servers]

    def unplug(self, index: int) -> None:
        """Break every connection of a radio and refuse new ones, until ``plug``."""
        self.servers[index].close()

    def plug(self, index: int) -> None:
        """Let a radio answer at its address again; raises OSError when somebody else has its port."""
        if self.servers[index].is_open:
            return
        self.servers[index] = Server(self.plutos[index], *self.servers[index].address)

    def close(self) -> None:
        """Hang up and stop listening."""
        for server in self.servers:
            server.close()

    def __enter__(self) -> EmulatedNetwork:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
