"""Who takes part: one module a kind of work, run by the interpreter that has what it needs. Imports nothing of ours
but where it measures ours, so that an environment that holds only peers can run it."""
