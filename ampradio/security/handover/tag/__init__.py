"""The mobile node: a tag that moves from one PoS to the next."""
