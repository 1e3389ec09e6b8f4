"""Whatever is wrong: one clear error, no traceback, no hang, no secret, and nothing else disturbed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.bad_catalogues import FEEDS, GALLERIES, SEARCHES
from tests.integration.bad_settings import SETTINGS
from tests.integration.bad_sources import MEDIA, PLAYLISTS, SERVERS, URLS
from tests.integration.bad_world import Row, Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.bad_world import Done, World

pytestmark = pytest.mark.media

TABLE = [*URLS, *SERVERS, *PLAYLISTS, *MEDIA, *FEEDS, *GALLERIES, *SEARCHES, *SETTINGS]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_bad_input_is_one_clear_error_and_disturbs_nothing(
    row: Row, bad_world: World, temporary: Path, command_line: Callable[[list[str]], Done]
) -> None:
    command = row.command(bad_world)
    before = Surroundings.look(bad_world, temporary)
    command_line(command).check(row)
    before.check(bad_world, temporary)
