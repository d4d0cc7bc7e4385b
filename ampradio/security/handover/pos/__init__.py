"""The infrastructure: SPoS, TPoS, PoS with Group Manager, HPoS."""
