"""`nowshowing bundle`: results on stdout, progress on stderr, exit codes as promised."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from engines.backends import compile_bundle
from engines.errors import BundleError, DeviceError, PlanError
from engines.manifest import GOLDEN, MANIFEST, sha256_of
from engines.parity import sample_pictures
from indexes.errors import ImageError
from stream.commands.bundle import app
from stream.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from engines.gpu.device import Gpu

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx", reason="writing a graph needs the extra `models`")
    from benchmarks.small_bundle import make_small_bundle

    return make_small_bundle(tmp_path_factory.mktemp("bundles") / "small", dim=16, patch_dim=8, size=64, width=16)


def run(*arguments: str) -> tuple[int, list[dict[str, object]]]:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def test_info_is_one_json_line(made: Path) -> None:
    code, [facts] = run("info", str(made), "--json")
    assert code == 0
    assert (facts["name"], facts["dim"], facts["calibrated"]) == ("small", 16, False)
    assert isinstance(facts["bytes"], int)
    assert facts["bytes"] > 1000


def test_info_knows_the_built_in_bundle() -> None:
    code, [facts] = run("info", "classic", "--json")
    assert (code, facts["name"], facts["calibrated"]) == (0, "classic", True)


def test_info_tells_a_person_what_an_uncalibrated_bundle_means(made: Path) -> None:
    done = CliRunner().invoke(app, ["info", str(made)], catch_exceptions=False)
    assert "cautious guesses" in " ".join(done.stdout.split())


def test_check_says_that_all_agree(made: Path) -> None:
    code, [row] = run("check", str(made), "--json")
    assert (code, row["backend"], row["ok"]) == (0, "onnx-cpu", True)
    assert CliRunner().invoke(app, ["check", str(made)]).exit_code == 0


def test_check_knows_the_built_in_bundle() -> None:
    code, [row] = run("check", "classic", "--json")
    assert (code, row["backend"], row["ok"]) == (0, "classic", True)


def test_check_fails_where_a_back_end_differs(made: Path, tmp_path: Path) -> None:
    bundle = shutil.copytree(made, tmp_path / "small")
    with np.load(bundle / GOLDEN) as data:
        kept = dict(data)
    kept["embedding"] = -kept["embedding"]
    np.savez_compressed(bundle / GOLDEN, **kept)
    sign(bundle, GOLDEN)
    code, [row] = run("check", str(bundle), "--json")
    assert (code, row["ok"]) == (1, False)


@pytest.mark.parametrize("damage", [b"", b"PK\3\4 half a zip", b"\x93NUMPY\1\0"], ids=["empty", "zip", "npy"])
def test_check_names_a_reference_that_cannot_be_read(made: Path, tmp_path: Path, damage: bytes) -> None:
    bundle = shutil.copytree(made, tmp_path / "small")
    (bundle / GOLDEN).write_bytes(damage)
    sign(bundle, GOLDEN)
    with pytest.raises(BundleError, match=r"golden\.npz: not the reference of a bundle"):
        run("check", str(bundle))


def test_check_names_a_reference_of_another_model(made: Path, tmp_path: Path) -> None:
    bundle = shutil.copytree(made, tmp_path / "small")
    with np.load(bundle / GOLDEN) as data:
        kept = dict(data)
    kept["embedding"] = kept["embedding"][:, :5]
    np.savez_compressed(bundle / GOLDEN, **kept)
    sign(bundle, GOLDEN)
    with pytest.raises(BundleError, match="is of another model"):
        run("check", str(bundle))


def sign(bundle: Path, name: str) -> None:
    facts = json.loads((bundle / MANIFEST).read_text())
    facts["files"][name] = sha256_of(bundle / name)
    (bundle / MANIFEST).write_text(json.dumps(facts))


def test_what_is_no_bundle_is_an_error_of_ours(tmp_path: Path) -> None:
    for command in ("info", "check"):
        with pytest.raises(BundleError, match=r"no bundle\.json"):
            run(command, str(tmp_path))


def test_export_without_out_is_used_wrongly() -> None:
    assert CliRunner().invoke(app, ["export", "ViT-B-32::openai"]).exit_code == 2


def test_export_does_not_touch_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="already there"):
        run("export", "ViT-B-32::openai", "--out", str(tmp_path))


def test_compile_without_a_gpu_says_what_is_missing(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_gpu() -> Gpu:
        raise DeviceError("no NVIDIA driver here")

    monkeypatch.setattr(compile_bundle, "__defaults__", (no_gpu,))
    with pytest.raises(DeviceError, match="no NVIDIA driver here"):
        run("compile", str(made))


def test_eight_bits_are_calibrated_on_pictures_or_refused(made: Path, tmp_path: Path) -> None:
    from benchmarks.small_bundle import make_small_bundle

    folder, blocks = tmp_path / "pictures", tmp_path / "blocks"
    make_small_bundle(blocks, dim=16, patch_dim=32, size=64, width=32, blocks=1)
    folder.mkdir()
    for number, picture in enumerate(sample_pictures(20)):
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    code, [_, row, *_] = run("check", str(blocks), "--precision", "int8", "--images", str(folder), "--json")
    assert (code, row["backend"], row["ok"]) == (0, "onnx-cpu, the GPU's graph", True)
    with pytest.raises(PlanError, match="fp8 needs calibration"):
        run("check", str(blocks), "--precision", "fp8")
    with pytest.raises(PlanError, match="nothing to compute in eight bits"):
        run("check", str(made), "--precision", "int8", "--images", str(folder))


def test_compile_of_a_built_in_bundle_says_that_there_is_nothing_to_do() -> None:
    with pytest.raises(BundleError, match="nothing to compile"):
        run("compile", "classic", "--json")


def test_pictures_of_ones_own_are_read_and_too_few_are_refused(made: Path, tmp_path: Path) -> None:
    for number, picture in enumerate(sample_pictures(20)):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
    code, [row, *_] = run("check", str(made), "--images", str(tmp_path), "--json")
    assert (code, row["ok"]) == (0, True)
    (tmp_path / "3.png").unlink()
    with pytest.raises(UsageError, match="19 pictures in it, 20 are the least"):
        run("check", str(made), "--images", str(tmp_path))
    (tmp_path / "3.png").write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"3\.png"):
        run("check", str(made), "--images", str(tmp_path))
    with pytest.raises(UsageError, match="cannot be read"):
        run("check", str(made), "--images", str(tmp_path / "nowhere"))
