"""Ours and its peers on the same work, in turns: see `python -m benchmarks.peers --help`."""
