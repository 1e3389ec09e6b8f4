"""A made-up live-commerce world with known truth: products, shows, pictures, sound, and the score. Knows no recogniser."""
