"""Products, scripts, geometry and truth: the same seed gives the same world."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.liveshop import labels
from benchmarks.liveshop.bodies import Pose, make_body
from benchmarks.liveshop.camera import Camera
from benchmarks.liveshop.catalogue import write_catalogue
from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.products import make_products
from benchmarks.liveshop.show import DEMO_S, FPS, SHORTEST_S, TAIL_S, demo_show, random_show
from benchmarks.liveshop.truth import IN_VIEW, read_truth, truth_of, visible, write_truth
from indexes.catalogue import read_catalogue
from indexes.product import Product

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

SEEDS = st.integers(0, 10_000)


@given(SEEDS)
def test_a_seed_names_its_products_once_and_for_all(seed: int) -> None:
    products = make_products(seed)
    assert products == make_products(seed)
    assert len({p.product_id for p in products}) == len(products) == 17
    assert sum(not p.listed for p in products) == 2
    assert len({p.title for p in products}) == len(products)


@given(SEEDS)
def test_siblings_share_a_design_and_differ_in_flavour_and_accent(seed: int) -> None:
    products = make_products(seed)
    pairs = [(a, b) for a, b in pairwise(products) if a.group == b.group]
    assert len(pairs) == 3
    for a, b in pairs:
        assert (a.design, a.brand, a.kind) == (b.design, b.brand, b.kind)
        assert a.flavour != b.flavour
        assert abs(a.accent - b.accent) > 0.2


def test_a_label_is_drawn_the_same_every_time_and_siblings_differ_only_in_their_band() -> None:
    a, b = make_products(3)[:2]
    assert np.array_equal(labels.front(a, 430), labels.front(a, 430))
    differs = (labels.front(a, 430) != labels.front(b, 430)).any(axis=2)
    assert 0.02 < differs.mean() < 0.2


@given(SEEDS, st.floats(20, 300))
@settings(max_examples=30)
def test_introductions_follow_each_other_with_pauses_and_end_within_the_live(seed: int, seconds: float) -> None:
    show = random_show(seed, seconds)
    paths = [item.path for item in show.introductions]
    assert paths
    assert paths[-1].stop <= seconds - TAIL_S + 1 / FPS
    for one, two in pairwise(paths):
        assert two.start - one.stop > 1.0


def test_the_demo_shows_what_it_promises() -> None:
    show = demo_show()
    shown = [item.product for item in show.introductions]
    listed = {p.product_id for p in shown if p.listed}
    assert len(listed) >= 8
    assert any(not p.listed for p in shown)
    assert max(Counter(p.group for p in shown if p.listed).values()) == 2
    assert 75 <= show.seconds <= 100
    assert len(demo_show(SHORTEST_S).introductions) == 1
    assert len(demo_show(2 * DEMO_S).introductions) > 2 * len(shown) - 3


def test_truth_is_the_same_twice_and_survives_the_file(tmp_path: Path) -> None:
    truth = truth_of(random_show(5, 30))
    assert truth == truth_of(random_show(5, 30))
    write_truth(truth, tmp_path / "truth.jsonl")
    assert read_truth(tmp_path / "truth.jsonl") == truth
    assert not list(tmp_path.glob("*.part"))


def test_a_product_is_shown_while_half_of_its_front_is_in_view() -> None:
    show = random_show(5, 30)
    item = show.introductions[0]
    body = make_body(item.product)
    told = truth_of(show).shown[0]
    assert visible(body, item, told.shown_at) >= IN_VIEW
    assert visible(body, item, told.shown_at - 1 / FPS) < IN_VIEW
    assert visible(body, item, told.hidden_at) >= IN_VIEW
    assert visible(body, item, told.hidden_at + 1 / FPS) < IN_VIEW
    assert visible(body, item, item.path.stop) == 0
    for box in told.boxes:
        assert 0 <= box.x <= box.x + box.w <= 1 + 1e-6
        assert 0 <= box.y <= box.y + box.h <= 1 + 1e-6


def test_only_what_was_played_is_asked_for() -> None:
    truth = truth_of(random_show(5, 40))
    cut = truth.until(truth.shown[1].hidden_at)
    assert [s.product_id for s in cut.shown] == [s.product_id for s in truth.shown[:2]]


@pytest.mark.parametrize("text", ["", "{}\n", "not json\n", '{"type": "live", "name": "x"}\n'])
def test_a_damaged_truth_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "truth.jsonl").write_text(text)
    with pytest.raises(WorldError, match=r"truth\.jsonl"):
        read_truth(tmp_path / "truth.jsonl")


@pytest.mark.parametrize("form", ["carton", "bottle", "can", "tube", "bag"])
def test_every_form_fills_its_outline_when_seen_from_the_front(form: str) -> None:
    product = next(p for seed in range(9) for p in make_products(seed) if p.kind.form == form)
    body = make_body(product)
    pose = Pose(300, 300, 400)
    outline = body.outline(pose)
    assert np.ptp(outline[:, 1]) == pytest.approx(400, rel=0.1)
    assert np.ptp(outline[:, 0]) == pytest.approx(400 * body.aspect, rel=0.1)
    front = body.faces(pose)[-1]
    assert (front.sprite[..., 3] > 127).mean() > 0.7
    assert (front.sprite[..., :3] <= front.sprite[..., 3:]).all()


def test_a_picture_is_the_same_whenever_it_is_asked_for() -> None:
    show = random_show(5, SHORTEST_S)
    middle = round(show.introductions[0].path.start * FPS) + 60
    camera = Camera(show)
    first = camera.picture(middle)
    camera.picture(0)
    assert np.array_equal(first, camera.picture(middle))
    assert np.array_equal(first, Camera(show).picture(middle))
    assert not np.array_equal(first, camera.picture(middle + 1))


def test_the_feed_reads_without_a_complaint_and_lists_only_what_is_listed(tmp_path: Path) -> None:
    products = [p for p in make_products(2) if p.group.endswith(("00", "12"))]
    feed = write_catalogue(products, tmp_path)
    rows = list(read_catalogue(feed))
    assert all(isinstance(row, Product) for row in rows)
    assert {row.product_id for row in rows if isinstance(row, Product)} == {
        p.product_id for p in products if p.listed
    }
    assert len(list((tmp_path / "images").glob("*.jpg"))) == 2 * len(rows)


def test_a_catalogue_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="no product to list"):
        write_catalogue([p for p in make_products(2) if not p.listed], tmp_path)
