"""A real Apache Kafka broker that tests may kill and start again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.broker import Broker, BrokerError, jars, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_MESSAGE = 200_000  # small, so that an oversize event is cheap to make


@pytest.fixture(scope="session")
def new_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Broker]]:
    """Brokers that are formatted but not started; all are stopped in the end."""
    if lacks := missing():
        pytest.skip(f"needs {', '.join(lacks)}: run tests/install_servers.sh")
    try:
        libs = jars()
    except BrokerError as error:
        pytest.skip(str(error))
    made: list[Broker] = []

    def make() -> Broker:
        broker = Broker(libs, tmp_path_factory.mktemp("kafka"), MAX_MESSAGE)
        broker.format()
        made.append(broker)
        return broker

    yield make
    for broker in made:
        broker.kill()


@pytest.fixture(scope="session")
def broker(new_broker: Callable[[], Broker]) -> Broker:
    """A running broker, shared: tests use topic prefixes of their own and leave it running."""
    running = new_broker()
    running.start()
    return running
