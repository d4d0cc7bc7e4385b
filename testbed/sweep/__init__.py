"""Sweeps: an experiment at many points, run many times at each."""
