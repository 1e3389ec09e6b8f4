"""Whatever is wrong with a bundle is said when it is opened, in one sentence, before anything in it runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engines.bundle import open_bundle
from engines.errors import BundleError
from engines.manifest import FRAME, GOLDEN, MANIFEST, Calibration, read_manifest, sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.unit


def edit(bundle: Path, **changes: object) -> None:
    """Changes bundle.json as a careless or hostile hand would, hashes kept right."""
    facts = json.loads((bundle / MANIFEST).read_text())
    facts |= changes
    facts["files"] = {name: sha256_of(bundle / name) for name in facts["files"] if (bundle / name).is_file()} | dict(
        changes.get("files", {})  # type: ignore[call-overload]
    )
    (bundle / MANIFEST).write_text(json.dumps(facts))


def test_the_built_in_bundle_opens_by_name() -> None:
    bundle = open_bundle("classic")
    assert bundle.name == bundle.info.name == "classic"
    assert bundle.votes
    assert bundle.hash == open_bundle("classic").hash


def test_a_directory_opens_and_says_what_it_is(small_bundle: Path) -> None:
    bundle = open_bundle(str(small_bundle))
    assert (bundle.name, bundle.info.dim, bundle.info.patch_dim, bundle.info.image_size) == ("small", 16, 8, 64)
    assert not bundle.votes


def test_the_hash_follows_what_changes_vectors_and_nothing_else(small_bundle: Path) -> None:
    before = open_bundle(str(small_bundle)).hash
    manifest = read_manifest(small_bundle)
    edit(small_bundle, name="other", calibration=Calibration(bias=-3.0).model_dump(), made_from="elsewhere")
    assert open_bundle(str(small_bundle)).hash == before
    edit(small_bundle, preprocess=manifest.preprocess.model_dump(mode="json") | {"mean": [0.1, 0.1, 0.1]})
    assert open_bundle(str(small_bundle)).hash != before


def test_an_unknown_name_lists_the_built_in_ones_and_the_way_to_make_one() -> None:
    with pytest.raises(BundleError, match=r"clasic.*built-in ones are classic.*bundle export"):
        open_bundle("clasic")


def test_a_name_too_long_for_a_path_is_an_error_of_ours() -> None:
    with pytest.raises(BundleError, match="cannot be looked at"):
        open_bundle("x" * 5000)


def test_the_manifest_itself_is_not_the_bundle(small_bundle: Path) -> None:
    with pytest.raises(BundleError, match="give the directory"):
        open_bundle(str(small_bundle / MANIFEST))


def test_an_empty_directory_is_not_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"no bundle\.json"):
        open_bundle(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not valid JSON"),
        ('{"format": 1', "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "no format number"),
        ('{"model": "x"}', "no format number"),
        ('{"format": 2, "anything": true}', "format 2, this program reads up to 1: update nowshowing"),
        ('{"format": "one"}', "format"),
        ('{"format": 1}', "name: Field required"),
        (" " * (1 << 20) + "{}", "larger than"),
    ],
    ids=["empty", "cut", "deep", "list", "foreign", "newer", "no number", "bare", "huge"],
)
def test_a_manifest_that_is_none_is_named(small_bundle: Path, text: str, says: str) -> None:
    (small_bundle / MANIFEST).write_text(text)
    with pytest.raises(BundleError, match=says):
        open_bundle(str(small_bundle))


def test_a_manifest_of_random_bytes_is_not_valid(small_bundle: Path) -> None:
    (small_bundle / MANIFEST).write_bytes(bytes(range(256)))
    with pytest.raises(BundleError, match="not valid JSON"):
        open_bundle(str(small_bundle))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"dim": 0}, "dim: .*got 0"),
        ({"dim": "wide"}, "dim: .*got 'wide'"),
        ({"patch_grid": [4]}, "patch_grid"),
        ({"name": "../x"}, "name: .*got"),
        ({"name": "classic"}, "built-in"),
        ({"precision": "fp4"}, "precision"),
        ({"calibration": {"bias": "a lot"}}, "calibration.bias"),
        ({"calibration": {"bias": 1e9}}, "calibration.bias"),
        ({"colour": "red"}, "colour: Extra"),
        ({"preprocess": {}}, "preprocess.size: Field required"),
    ],
    ids=str,
)
def test_a_wrong_value_is_named_with_its_place(small_bundle: Path, changes: dict[str, object], says: str) -> None:
    edit(small_bundle, **changes)
    with pytest.raises(BundleError, match=says):
        open_bundle(str(small_bundle))


def test_a_graph_that_was_changed_is_not_loaded(small_bundle: Path) -> None:
    with (small_bundle / FRAME).open("r+b") as file:
        file.seek(1000)
        file.write(b"\0\1\2\3")
    with pytest.raises(BundleError, match=r"frame\.onnx is not the file that was exported"):
        open_bundle(str(small_bundle))


@pytest.mark.parametrize("name", [FRAME, GOLDEN])
def test_a_file_that_is_missing_is_named(small_bundle: Path, name: str) -> None:
    (small_bundle / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        open_bundle(str(small_bundle))


def test_a_bundle_without_a_graph_is_refused(small_bundle: Path) -> None:
    (small_bundle / FRAME).unlink()
    edit(small_bundle)
    with pytest.raises(BundleError, match=r"frame\.onnx is missing"):
        open_bundle(str(small_bundle))


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname", "a/b", "..", "a\\b", "bundle.json"])
def test_a_file_elsewhere_is_refused_before_it_is_read(small_bundle: Path, name: str) -> None:
    edit(small_bundle, files={name: "0" * 64})
    with pytest.raises(BundleError, match="is not the name of a file beside"):
        open_bundle(str(small_bundle))


def test_a_link_that_leads_out_is_refused(small_bundle: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere.onnx"
    (small_bundle / FRAME).rename(moved)
    (small_bundle / FRAME).symlink_to(moved)
    with pytest.raises(BundleError, match="leads out of the bundle"):
        open_bundle(str(small_bundle))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"dim": 17}, r"embedding .*\['batch', 16\].*\[batch, 17\]"),
        ({"patch_dim": 9}, "patches .*9"),
        ({"patch_grid": [3, 4]}, "patches .*12"),
    ],
    ids=str,
)
def test_dimensions_that_the_graph_does_not_have(small_bundle: Path, changes: dict[str, object], says: str) -> None:
    edit(small_bundle, **changes)
    with pytest.raises(BundleError, match=says):
        open_bundle(str(small_bundle)).encoder()


def test_an_image_size_that_the_graph_does_not_take(small_bundle: Path) -> None:
    how = read_manifest(small_bundle).preprocess.model_dump(mode="json")
    edit(small_bundle, preprocess=how | {"size": 96})
    with pytest.raises(BundleError, match=r"image of frame\.onnx"):
        open_bundle(str(small_bundle)).encoder()


@pytest.mark.parametrize(
    "damage",
    [lambda whole: whole[: len(whole) // 2], lambda whole: b"", lambda whole: b"PK\3\4 not a graph at all" * 9],
    ids=["cut", "empty", "foreign"],
)
def test_bytes_that_are_no_graph_are_named(small_bundle: Path, damage: Callable[[bytes], bytes]) -> None:
    (small_bundle / FRAME).write_bytes(damage((small_bundle / FRAME).read_bytes()))
    edit(small_bundle)
    with pytest.raises(BundleError, match=r"frame\.onnx"):
        open_bundle(str(small_bundle)).encoder()


def test_encoders_of_one_bundle_share_the_weights(small_bundle: Path) -> None:
    from engines.bundle import OnnxBundle

    bundle = OnnxBundle(small_bundle)
    assert bundle.session(1) is bundle.session(1)
    assert bundle.encoder() is not bundle.encoder()
