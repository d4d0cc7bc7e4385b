"""RADIUS between a gateway and its authentication server: what carries S2's questions and S4's EAP."""
