"""Running one experiment: build stations, radios and the air, let them talk, keep what happened."""
