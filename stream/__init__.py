"""Live things: time, tasks, decisions. Everything that knows a loop, a clock, Kafka or a stream id lives here."""

__version__ = "0.1.0"
