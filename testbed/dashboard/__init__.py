"""The live view: one page that shows a run while it happens, starts and stops one, and provisions a tag."""
