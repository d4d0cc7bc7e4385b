"""Radios on the bench: their calibration, recording from them and transmitting with them."""
