"""The channel, samples to samples: pure functions over complex64 arrays (..., samples), a random Generator injected.

Leading axes are packets; every parameter may be one number for all of them or an array of their shape. Nothing is
cut off: a delayed or stretched signal comes back longer. Before its first and after its last sample a signal is zero.
"""
