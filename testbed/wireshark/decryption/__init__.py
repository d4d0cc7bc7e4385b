"""Decryption of a capture with the session keys of its run: one opener for each system, for one station's view."""
