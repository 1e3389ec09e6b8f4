"""One module a sub-command: arguments in, work handed to the rooms, results on stdout. No judgement of their own."""
