"""Vectors in, product ids out: feeds, galleries and their search. Knows no engine, no loop, no stream."""
