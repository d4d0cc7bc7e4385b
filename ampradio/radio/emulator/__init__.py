"""An emulated PlutoSDR: a server that speaks libiio's network protocol, with an air that joins several of them.

Source: libiio 0.24 (iiod and its network client), Linux' ad9361, cf_axi_adc and cf_axi_dds drivers for attributes.
"""

from ampradio.radio.emulator.network import EmulatedNetwork

__all__ = ["EmulatedNetwork"]
