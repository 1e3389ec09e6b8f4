"""What a browser, an operator or a probe sees of a worker: routes, tokens, the event feed, the overlay page."""
