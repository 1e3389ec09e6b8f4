"""A made-up live-commerce world with known truth: products, shows, pictures, sound, score. Knows no recogniser."""
