"""The air between emulated PlutoSDRs, made of the channel: delays, echoes, fading, clocks, reflections, quick noise.

It stands here and not in the emulator, because radios know nothing of a channel: what joins them meets in the testbed.
"""

from testbed.emulated_air.indoor import IndoorAir, Way
from testbed.emulated_air.memory import keep_memory
from testbed.emulated_air.network import AirPlan, emulated_network
from testbed.emulated_air.plan import plan_of_file

__all__ = ["AirPlan", "IndoorAir", "Way", "emulated_network", "keep_memory", "plan_of_file"]
