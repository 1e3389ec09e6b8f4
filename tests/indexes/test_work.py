"""The work folder after any accident: it takes up what is whole and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.errors import GalleryError
from indexes.picture import Picture, PicturePatches
from indexes.work import Work

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit


def picture(seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    count, height, width = rng.integers(0, 5, 3).tolist()
    return Picture(
        rng.random(6).astype(np.float32),
        PicturePatches(
            rng.random((count, 3)).astype(np.float16),
            rng.random((count, 4)).astype(np.float32),
            rng.integers(0, 256, (height, width, 3)).astype(np.uint8),
        ),
    )


def equal(one: Picture, other: Picture) -> bool:
    pairs = (
        (one.embedding, other.embedding),
        (one.patches.vectors, other.patches.vectors),
        (one.patches.places, other.patches.places),
        (one.patches.thumb, other.patches.thumb),
    )
    return all(np.array_equal(a, b) and a.shape == b.shape for a, b in pairs)


def fill(folder: Path, batches: int = 4) -> None:
    with Work(folder, lock=folder / "lock") as work:
        for batch in range(batches):
            pictures = [(f"{n:064x}", picture(n)) for n in range(3 * batch, 3 * batch + 3)]
            work.add(pictures, [(f"https://x.example/{batch}", pictures[0][0])], 1000.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data_cut=st.integers(0, 600), journal_cut=st.integers(0, 900), junk=st.binary(max_size=20))
def test_after_any_cut_what_it_knows_is_right(tmp_path: Path, data_cut: int, journal_cut: int, junk: bytes) -> None:
    """A crash may lose the end of either file; a journal never names what is not there."""
    for name in ("pictures.bin", "journal.jsonl"):
        (tmp_path / name).unlink(missing_ok=True)
    fill(tmp_path)
    for name, cut in (("pictures.bin", data_cut), ("journal.jsonl", journal_cut)):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: max(0, len(whole) - cut)] + (junk if name == "journal.jsonl" else b""))
    with Work(tmp_path, lock=tmp_path / "lock") as work:
        for n in range(12):
            number = work.find(f"{n:064x}")
            assert number is None or equal(work.read(number), picture(n))
        work.add([("f" * 64, picture(99))], [], 2000.0)
    with Work(tmp_path, lock=tmp_path / "lock") as work:
        number = work.find("f" * 64)
        assert number is not None
        assert equal(work.read(number), picture(99))


def test_a_web_link_is_trusted_for_a_day(tmp_path: Path) -> None:
    fill(tmp_path)
    with Work(tmp_path, lock=tmp_path / "lock") as work:
        assert work.find_link("https://x.example/1", 1000.0 + 3600) == f"{3:064x}"
        assert work.find_link("https://x.example/1", 1000.0 + 25 * 3600) is None
        assert work.find_link("https://x.example/1", 999.0) is None
        assert work.find_link("https://x.example/9", 1000.0) is None


def test_a_folder_in_use_is_refused_and_free_again_afterwards(tmp_path: Path) -> None:
    with (
        Work(tmp_path, lock=tmp_path / "lock"),
        pytest.raises(GalleryError, match="another build of this gallery is running"),
    ):
        Work(tmp_path, lock=tmp_path / "lock")
    with Work(tmp_path, lock=tmp_path / "lock"):
        pass


def test_a_file_that_shrinks_under_a_build_is_told(tmp_path: Path) -> None:
    fill(tmp_path)
    with Work(tmp_path, lock=tmp_path / "lock") as work:
        (tmp_path / "pictures.bin").write_bytes(b"")
        with pytest.raises(GalleryError, match="shorter than its journal says"):
            work.read(3)
