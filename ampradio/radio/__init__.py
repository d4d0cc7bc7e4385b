"""Radios: what carries samples in and out of the testbed, and the PlutoSDR emulator."""
