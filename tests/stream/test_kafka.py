"""The Kafka sink where there is no broker: clear, soon, and never a hang. With one: tests/integration/kafka."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from stream.clock import ManualClock
from stream.config import KafkaConfig
from stream.errors import PublishError
from stream.kafka import KafkaSink, client_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.telling import Host

pytestmark = pytest.mark.unit

NOON = 1_800_000_000.0
SINCE = "2027-01-15T08:00:00.000000Z"


@pytest.fixture
def deaf() -> Iterator[str]:
    """The address of something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


async def test_no_broker_is_said_at_once_with_the_cause_and_since_when() -> None:
    clock = ManualClock(NOON)
    sink = KafkaSink(KafkaConfig(bootstrap_servers="127.0.0.1:1"), clock)
    for _ in range(2):
        with pytest.raises(
            PublishError, match=rf"kafka:127\.0\.0\.1:1 unreachable since {SINCE}: .*Connect call failed"
        ):
            await sink.start()
        clock.advance(5)
    await sink.stop()


async def test_a_broker_that_never_answers_is_given_up_at_the_deadline(deaf: str, host: Callable[..., Host]) -> None:
    sink = KafkaSink(KafkaConfig(bootstrap_servers=deaf, send_deadline_s=0.2), ManualClock(NOON))
    async with asyncio.timeout(10):
        with pytest.raises(PublishError, match="unreachable since"):
            await sink.start()
        with pytest.raises(PublishError, match="unreachable since"):
            await sink.send(host().is_live())
        await sink.stop()


def test_credentials_reach_the_client_and_nothing_else() -> None:
    config = KafkaConfig(
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="me",
        sasl_password=SecretStr("secret"),
    )
    settings = client_settings(config)
    assert settings["sasl_plain_password"] == "secret"
    assert settings["ssl_context"] is None
    assert "secret" not in repr(config)


def test_tls_checks_the_broker() -> None:
    context = client_settings(KafkaConfig(security_protocol="SASL_SSL"))["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


async def test_a_ca_file_that_is_missing_is_named(tmp_path: Path) -> None:
    config = KafkaConfig(security_protocol="SSL", ca_file=tmp_path / "none.pem")
    sink = KafkaSink(config, ManualClock(NOON))
    with pytest.raises(PublishError, match=r"ca_file .*none\.pem"):
        await sink.start()
