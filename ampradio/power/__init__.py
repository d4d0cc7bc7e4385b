"""The tag's energy: what is harvested, what is stored, what everything costs, and when the tag goes dark."""
