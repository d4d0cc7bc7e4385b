"""Names of files in a run folder that others look for without loading the runner."""

FRAMES = "frames.pcapng"
