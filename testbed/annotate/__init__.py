"""Decoding a recording of anybody's: any rate, any format, any centre; what was found goes into SigMF annotations."""
