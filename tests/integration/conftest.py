"""Real servers for the integration tests, each started by a fixture on a free port."""

from tests.integration.bad_neighbours import number_shop
from tests.integration.bad_world import bad_world, command_line, small_gallery, temporary
from tests.integration.media_servers import media_server, recording
from tests.integration.shows import show
from tests.telling import host
from tests.viewer import viewer
from tests.web import web

__all__ = [
    "bad_world",
    "command_line",
    "host",
    "media_server",
    "number_shop",
    "recording",
    "show",
    "small_gallery",
    "temporary",
    "viewer",
    "web",
]
