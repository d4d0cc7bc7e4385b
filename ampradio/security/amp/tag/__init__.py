"""The tag's end of S1."""
