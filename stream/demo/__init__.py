"""What `nowshowing demo` is made of: a studio that renders, a server that broadcasts, a printer, a scoreboard."""
