"""The draft's numbers: one file per draft date, each number with its provenance."""

from ampradio.profile.errors import ProfileError
from ampradio.profile.load import DEFAULT, built_in_profiles, load_profile
from ampradio.profile.model import Entry, Profile

__all__ = ["DEFAULT", "Entry", "Profile", "ProfileError", "built_in_profiles", "load_profile"]
