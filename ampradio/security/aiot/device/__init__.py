"""The AIoT device: resolves protected IDs, answers, executes (steps 0, 3 and 6)."""
