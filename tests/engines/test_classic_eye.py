"""The trained eye: its weights are what they should be, and it sees words and bands rather than lamps."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.classic import eye
from engines.classic.eye import SEEN_AT, STAGES, Eye, Sight
from engines.classic.insight import likeness, rather
from engines.classic.picture import canvas_of
from engines.classic.square import SIDE, seen_in, square_of
from engines.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

    from engines.base import Image

pytestmark = pytest.mark.unit

ALL = np.ones((SIDE, SIDE), np.bool_)
ROOM = np.full((720, 1280, 3), 128, np.uint8)
Colour = tuple[int, int, int]


def label(word: str, band: Colour = (40, 90, 150)) -> Image:
    picture = np.full((512, 360, 3), (240, 225, 180), np.uint8)
    picture[340:450] = band
    cv2.putText(picture, "NOXI", (30, 120), cv2.FONT_HERSHEY_DUPLEX, 3.6, (90, 20, 40), 8, cv2.LINE_AA)
    cv2.circle(picture, (180, 230), 70, (230, 200, 40), -1)
    cv2.putText(picture, word, (20, 425), cv2.FONT_HERSHEY_DUPLEX, 2.6, (250, 250, 250), 7, cv2.LINE_AA)
    return picture


def square(picture: Image) -> Image:
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


@cache
def sight(word: str, band: Colour = (40, 90, 150)) -> Sight:
    return Eye().look([square(label(word, band))])[0]


def in_light(picture: Image, gain: tuple[float, float, float], blur: float) -> Image:
    lit = np.clip(picture * np.array(gain), 0, 255).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(lit, (0, 0), blur), np.uint8)


def test_its_layers_are_as_fine_as_they_say() -> None:
    assert [layer.shape for layer in sight("LEMON").layers] == [
        (STAGES[stage][-1], (SIDE // step) ** 2) for stage, step in zip(SEEN_AT, (8, 16), strict=True)
    ]


def test_a_batch_is_seen_as_each_alone() -> None:
    prints = [square(label(word)) for word in ("LEMON", "PLUM")]
    for one, alone in zip(Eye().look(prints), (sight("LEMON"), sight("PLUM")), strict=True):
        for layer, expected in zip(one.layers, alone.layers, strict=True):
            assert np.allclose(layer, expected, atol=1e-3)
    assert Eye().look([]) == []


@settings(max_examples=25, deadline=None)
@given(
    gain=st.tuples(*[st.floats(0.6, 1.1)] * 3),
    blur=st.floats(0.5, 3.0),
    words=st.permutations(("LEMON", "PLUM", "400 G", "800 G")),
)
def test_the_word_that_is_there_is_rather_seen_than_another_in_any_light(
    gain: tuple[float, float, float], blur: float, words: list[str]
) -> None:
    there, other = words[:2]
    (seen,) = Eye().look([square(in_light(label(there), gain, blur))])
    told = rather(seen, sight(there), sight(other), ALL)
    assert told > 0
    assert rather(seen, sight(other), sight(there), ALL) == pytest.approx(-told, abs=1e-6)
    one, two = (likeness(seen, sight(word), ALL) for word in (there, other))
    assert one is not None
    assert two is not None
    assert one > two


def test_a_print_is_like_itself_and_equal_prints_are_told_by_nothing() -> None:
    one = sight("LEMON")
    assert likeness(one, one, ALL) == pytest.approx(1, abs=1e-4)
    assert rather(sight("PLUM"), one, one, ALL) == 0


def test_where_no_print_is_in_view_nothing_is_said() -> None:
    nothing = np.zeros_like(ALL)
    assert likeness(sight("PLUM"), sight("PLUM"), nothing) is None
    assert rather(sight("PLUM"), sight("PLUM"), sight("LEMON"), nothing) == 0


@settings(max_examples=40, deadline=None)
@given(high=st.integers(60, 700), left=st.integers(-80, 900), top=st.integers(-60, 400))
def test_what_is_cut_out_of_a_frame_is_the_print_that_lies_there(high: int, left: int, top: int) -> None:
    face = label("LEMON")
    print_ = square_of(canvas_of(face))
    scale = high / face.shape[0]
    onto = np.array([[scale, 0, left], [0, scale, top]])
    frame = cv2.warpAffine(
        cv2.GaussianBlur(face, (0, 0), max(0.4 / scale, 0.01)), onto, (1280, 720), ROOM.copy(),
        flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT,
    )  # fmt: skip
    laid = np.array([[scale * 512 / 1280, 0, left / 1280], [0, scale * 512 / 1280, top / 1280], [0, 0, 1]])
    seen, mask = seen_in(print_, np.asarray(frame, np.uint8), laid)
    x, y = (np.arange(SIDE) + 0.5) * scale * 360 / SIDE + left, (np.arange(SIDE) + 0.5) * high / SIDE + top
    inside = ((y >= 1) & (y < 718))[:, None] & ((x >= 1) & (x < 1278))[None, :]
    assert (mask | ~inside).mean() > 0.98
    if inside.any() and high > 120:
        apart = np.abs(seen.astype(int) - square(face).astype(int)).mean(axis=2)[inside]
        assert np.median(apart) < 20


def test_weights_that_are_missing_or_another_s_are_named_with_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eye, "PACKAGE", "no_such_package")
    with pytest.raises(EngineError, match=r"no_such_package: missing; install the project's requirements again"):
        eye._weights()
    folder = tmp_path / "an_eye_of_another" / "models"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / eye.FILE).write_bytes(b"something else")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(eye, "PACKAGE", "an_eye_of_another")
    with pytest.raises(EngineError, match=r"sha256 [0-9a-f]{64}, not 57934424[0-9a-f]{56}: not used"):
        eye._weights()
    (folder / eye.FILE).unlink()
    (folder / eye.FILE).mkdir()
    with pytest.raises(EngineError, match=r"an_eye_of_another: Is a directory; install the project's requirements"):
        eye._weights()
