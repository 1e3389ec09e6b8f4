"""What we measure, and the world with known truth that we measure it in."""
