"""Numeric things: arrays in, arrays out; synchronous, one caller thread. Knows no loop, no stream, no index."""
