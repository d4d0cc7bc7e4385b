"""Recordings: SigMF data written by the flowgraphs, with an annotation per PPDU, field and listening window."""

from testbed.capture.annotations import RecordedFrame
from testbed.capture.error import CaptureError
from testbed.capture.meta import CaptureMeta
from testbed.capture.recording import Recording, open_capture, open_captures

__all__ = ["CaptureError", "CaptureMeta", "RecordedFrame", "Recording", "open_capture", "open_captures"]
