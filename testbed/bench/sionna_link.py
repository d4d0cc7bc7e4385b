"""The waveform link of ``waveform`` written for Sionna, as its users would; runs in Sionna's own environment.

On/off-keyed Manchester bits, noise, matched chip filter, the louder half decides, errors are counted; timing is known.
Prints one JSON object. Imports nothing of the testbed: that environment has another numpy.
"""

from __future__ import annotations

import json
import statistics
import sys
import time


def main(bits: int, samples_per_chip: int, gamma: float, batches: list[int], repeat: int, packets: int) -> None:
    """Measure and print packets per second by batch, and the bit error rate over about ``packets``."""
    import sionna
    import torch
    from sionna.phy.channel import AWGN
    from sionna.phy.mapping import BinarySource
    from sionna.phy.utils import count_errors

    torch.set_num_threads(1)
    source, channel = BinarySource(), AWGN()
    noise_power = samples_per_chip / gamma

    def link(batch: int) -> int:
        sent = source([batch, bits])
        chips = torch.stack((1 - sent, sent), dim=-1).reshape(batch, 2 * bits)
        samples = torch.repeat_interleave(chips, samples_per_chip, dim=1).to(torch.complex64)
        noisy = channel(samples, noise_power)
        halves = noisy.reshape(batch, bits, 2, samples_per_chip).sum(dim=-1)
        power = halves.real.square() + halves.imag.square()
        return int(count_errors(sent, (power[..., 1] > power[..., 0]).to(sent.dtype)))

    per_s = {}
    with torch.inference_mode():
        for batch in batches:
            calls = max(1, packets // (repeat * batch))
            seconds = []
            for turn in range(repeat + 1):
                begun_s = time.process_time()
                for _ in range(calls):
                    link(batch)
                if turn:
                    seconds.append(time.process_time() - begun_s)
            per_s[batch] = calls * batch / statistics.median(seconds)
        lots = -(-packets // batches[0])
        wrong = sum(link(batches[0]) for _ in range(lots))
    ber = wrong / (lots * batches[0] * bits)
    print(json.dumps({"packets_per_s": per_s, "ber": ber, "version": sionna.__version__, "torch": torch.__version__}))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
