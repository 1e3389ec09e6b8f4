"""Real servers for the integration tests, each started by a fixture on a free port."""

from tests.integration.media_servers import media_server, recording
from tests.viewer import viewer

__all__ = ["media_server", "recording", "viewer"]
