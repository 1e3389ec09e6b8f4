"""`python -m stream` is `nowshowing`."""

from stream.cli import main

main()
