    def mute(self, start: Seconds, end: Seconds, why: str) -> None:
        """What is said from `start` to `end` does not count; one that goes on is told again, with a later end."""
        if end <= start:
            return
