"""What the flowgraphs' streams are made of: agreed here, because code without GNU Radio needs it too."""

from __future__ import annotations

ROLES = ("ap", "tag")
TAG_DECIMATION = 2
"""Samples whose |x|² a tag's detector adds up to one of its envelope."""

DATATYPES = ("cf32_le", "ci16_le")
"""SigMF sample formats that are recorded and replayed."""

CI16_UNIT = 2048.0
"""The integer that stands for an amplitude of 1 in a ci16_le recording: 24 dB of headroom."""
