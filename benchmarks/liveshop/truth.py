"""What really happened in a live, as JSON lines: made from the script and geometry alone, before a pixel is drawn.

A product counts as shown while at least half of its front is in view (inside the picture, not behind a hand or the
banner) and its front is at least READABLE pixels high. `shown_at` and `hidden_at` are the times of the first and the
last such frame of an introduction, in seconds since the first frame of the live.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop import hands, scene
from benchmarks.liveshop.bodies import make_body
from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.show import FPS, HEIGHT, WIDTH

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.liveshop.bodies import Body, Face, Pose, Quad
    from benchmarks.liveshop.show import Introduction, Show
    from benchmarks.liveshop.speech import Spoken
    from stream.types import Seconds

READABLE = 140  # pixels of 720
IN_VIEW = 0.5  # share of the front
BOX_EVERY = FPS // 2
COARSE = 4  # visibility is measured on a picture so many times smaller


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the front is at one moment: its box in shares of the picture."""

    at: Seconds
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Shown:
    product_id: str
    group: str
    listed: bool  # in the catalogue
    shown_at: Seconds
    hidden_at: Seconds
    covered_s: Seconds  # how long less than nine tenths of the front could be seen
    boxes: tuple[Placed, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """`start` and `end` of the sentence are exact; of a word within it they are shared out by letters."""

    start: Seconds
    end: Seconds
    text: str
    product_id: str | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    name: str
    seed: int
    seconds: Seconds
    shown: tuple[Shown, ...]
    words: tuple[Word, ...] = ()

    def until(self, seconds: Seconds) -> Truth:
        """What can be asked of someone who watched only the first `seconds`."""
        cut = [s for s in self.shown if s.hidden_at <= seconds]
        return Truth(self.name, self.seed, min(seconds, self.seconds), tuple(cut), self.words)


def truth_of(show: Show, spoken: tuple[Spoken, ...] = ()) -> Truth:
    shown = [found for item in show.introductions if (found := _shown(item)) is not None]
    words = [Word(*timed, line.product_id) for line in spoken for timed in line.words()]
    return Truth(show.name, show.seed, show.seconds, tuple(shown), tuple(words))


def visible(body: Body, introduction: Introduction, at: Seconds) -> float:
    """The share of the front that can be seen; 0 when it is too small to be read."""
    pose = introduction.path.pose(at)
    if pose is None or pose.height < READABLE:
        return 0.0
    outline = body.outline(pose)
    corner = outline.min(axis=0)
    size = np.ceil((outline.max(axis=0) - corner) / COARSE).astype(int) + 1
    front = np.zeros((int(size[1]), int(size[0])), np.uint8)
    cv2.fillConvexPoly(front, np.rint((outline - corner) / COARSE).astype(np.int32), 255)
    whole = int(np.count_nonzero(front))
    for face in _occluders(body, introduction, pose, at):
        front[_covering(face, corner, (int(size[0]), int(size[1]))) > 127] = 0
    _clip(front, corner)
    return int(np.count_nonzero(front)) / max(whole, 1)


def _occluders(body: Body, introduction: Introduction, pose: Pose, at: Seconds) -> list[Face]:
    faces = [hands.holding(body, pose)[1]]
    share, cover = introduction.path.hand_over(at), introduction.path.cover
    if share is not None and cover is not None:
        faces.append(hands.passing(pose, share, cover.reach))
    return faces


def _covering(face: Face, corner: Quad, size: tuple[int, int]) -> cv2.typing.MatLike:
    """The face's alpha as it falls on the coarse picture of the front."""
    alpha = np.ascontiguousarray(face.sprite[::COARSE, ::COARSE, 3])
    h, w = alpha.shape
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, ((face.quad - corner) / COARSE).astype(np.float32))
    return cv2.warpPerspective(alpha, matrix, size)


def _clip(front: cv2.typing.MatLike, corner: Quad) -> None:
    """Takes away what is outside the picture or behind the banner, in place."""
    ys = np.arange(front.shape[0]) * COARSE + corner[1]
    xs = np.arange(front.shape[1]) * COARSE + corner[0]
    front[(ys < 0) | (ys >= HEIGHT)] = 0
    front[:, (xs < 0) | (xs >= WIDTH)] = 0
    banner = scene.BANNER
    rows = (ys >= banner.y) & (ys < banner.y + banner.h)
    columns = (xs >= banner.x) & (xs < banner.x + banner.w)
    front[np.ix_(rows, columns)] = 0


def _shown(introduction: Introduction) -> Shown | None:
    """None for an introduction that nobody could have seen."""
    body, path, product = make_body(introduction.product), introduction.path, introduction.product
    frames = range(round(path.start * FPS), round(path.stop * FPS))
    shares = {frame: visible(body, introduction, frame / FPS) for frame in frames}
    seen = [frame for frame, share in shares.items() if share >= IN_VIEW]
    if not seen:
        return None
    boxes = [_box(body, introduction, frame / FPS) for frame in seen if frame % BOX_EVERY == 0]
    covered = sum(shares[frame] < 0.9 for frame in range(seen[0], seen[-1] + 1)) / FPS
    return Shown(
        product_id=product.product_id,
        group=product.group,
        listed=product.listed,
        shown_at=seen[0] / FPS,
        hidden_at=seen[-1] / FPS,
        covered_s=covered,
        boxes=tuple(boxes),
    )


def _box(body: Body, introduction: Introduction, at: Seconds) -> Placed:
    pose = introduction.path.pose(at)
    assert pose is not None
    outline = body.outline(pose) / np.array([WIDTH, HEIGHT])
    (left, top), (right, bottom) = (np.clip(edge(axis=0), 0, 1) for edge in (outline.min, outline.max))
    return Placed(at, *(round(float(v), 4) for v in (left, top, right - left, bottom - top)))


def write_truth(truth: Truth, path: Path) -> None:
    """One line for the live, one for each introduction and word, and a last one that says it is whole."""
    head = {"type": "live", "name": truth.name, "seed": truth.seed, "seconds": truth.seconds, "fps": FPS}
    lines = [
        head,
        *({"type": "introduction", **asdict(shown)} for shown in truth.shown),
        *({"type": "word", **asdict(word)} for word in truth.words),
        {"type": "end", "introductions": len(truth.shown), "words": len(truth.words)},
    ]
    part = path.with_name(path.name + ".part")
    part.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    part.rename(path)


def read_truth(path: Path) -> Truth:
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        head, last = lines[0], lines[-1]
        if head["type"] != "live" or last["type"] != "end":
            raise WorldError(f"truth {path}: not a whole truth file (render the live again)")
        shown = tuple(_read_shown(line) for line in lines if line["type"] == "introduction")
        words = tuple(
            Word(line["start"], line["end"], line["text"], line["product_id"])
            for line in lines
            if line["type"] == "word"
        )
        return Truth(head["name"], head["seed"], head["seconds"], shown, words)
    except OSError as error:
        raise WorldError(f"truth {path}: cannot be read: {error}") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise WorldError(f"truth {path}: not a truth file ({error!r}); render the live again") from error


def _read_shown(line: dict[str, object]) -> Shown:
    fields = {key: value for key, value in line.items() if key != "type"}
    boxes = fields.pop("boxes")
    assert isinstance(boxes, list)
    return Shown(**fields, boxes=tuple(Placed(**box) for box in boxes))  # type: ignore[arg-type]
