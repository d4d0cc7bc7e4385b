"""Names of files in a run folder that others look for without loading the runner."""

MANIFEST = "manifest.json"
FRAMES = "frames.pcapng"
