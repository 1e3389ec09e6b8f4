"""A made-up live-commerce world with known truth."""
