"""The real export on small models with random weights: saved as checkpoints, loaded back, compared with open_clip."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("onnxscript", reason="needs the extra `models`")
torch = pytest.importorskip("torch", reason="needs the extra `models`")
open_clip = pytest.importorskip("open_clip", reason="needs the extra `models`")

import onnx  # noqa: E402
from open_clip.model import CLIP, CustomTextCLIP  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from engines.bundle import OnnxBundle  # noqa: E402
from engines.errors import BundleError  # noqa: E402
from engines.export import Wish, default_name, export_bundle  # noqa: E402
from engines.manifest import FRAME, GOLDEN, MANIFEST, sha256_of  # noqa: E402
from engines.parity import check, read_golden  # noqa: E402
from engines.sources import load, parse  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]  # tracing MobileCLIP takes half a minute on two cores

Settings = dict[str, object]

TEXT: Settings = {"context_length": 8, "vocab_size": 64, "width": 32, "heads": 2, "layers": 1}
PLAIN: Settings = {
    "mean": [0.48, 0.45, 0.4],
    "std": [0.26, 0.26, 0.27],
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}
SIGLIP: Settings = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "squash"}
MOBILE: Settings = {"mean": [0.0] * 3, "std": [1.0] * 3, "interpolation": "bilinear", "resize_mode": "shortest"}


def timm(model: str, size: int, pool: str, proj: str | None) -> Settings:
    return {
        "timm_model_name": model,
        "timm_model_pretrained": False,
        "timm_pool": pool,
        "timm_proj": proj,
        "timm_drop": 0.0,
        "image_size": size,
    }


VIT: Settings = {"image_size": 64, "patch_size": 16, "width": 64, "layers": 2, "head_width": 32}
MODELS: dict[str, tuple[int, Settings, Settings]] = {
    "clip": (48, VIT, PLAIN),
    "clip-avg": (48, VIT | {"pool_type": "avg", "final_ln_after_pool": True}, PLAIN | {"resize_mode": "longest"}),
    "clip-attn": (48, VIT | {"attentional_pool": True, "attn_pooler_queries": 4, "attn_pooler_heads": 4}, PLAIN),
    "resnet": (
        32,
        {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16, "head_width": 16, "patch_size": None},
        PLAIN,
    ),
    "siglip": (192, timm("vit_tiny_patch16_224", 224, "map", "none"), SIGLIP),
    "convnext": (32, timm("convnext_atto", 64, "", "linear"), PLAIN | {"resize_mode": "longest"}),
    "mobileclip": (512, timm("fastvit_mci0", 256, "avg", None), MOBILE),
}


def shake(model: CLIP | CustomTextCLIP, size: int) -> None:
    """Makes fresh weights behave like trained ones. As they come, biases and running statistics are 0 and 1, so wrong
    folding would not show, and branches are scaled to nothing, so that all pictures come out alike."""
    with torch.no_grad():
        for name, value in model.visual.named_parameters():
            if name.endswith("gamma"):
                value.uniform_(0.3, 0.7)
            elif name.endswith("bias"):
                value.normal_(0, 0.1)
        for module in model.visual.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.weight.uniform_(0.7, 1.3)
                module.momentum = None
                module.reset_running_stats()
        model.train()
        coarse = torch.randn(8, 3, 4, 4)
        model.encode_image(torch.nn.functional.interpolate(coarse, size=(size, size)))


def saved(folder: Path, kind: str) -> Path:
    """A folder as open_clip's own push_to_hub writes it."""
    dim, vision, steps = MODELS[kind]
    torch.manual_seed(0)
    custom = "timm_model_name" in vision
    model = (CustomTextCLIP if custom else CLIP)(embed_dim=dim, vision_cfg=dict(vision), text_cfg=dict(TEXT))
    shake(model, int(str(vision.get("image_size"))))
    folder.mkdir()
    config = {"embed_dim": dim, "vision_cfg": vision, "text_cfg": TEXT} | ({"custom_text": True} if custom else {})
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": steps}))
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder


def silent(step: str) -> None:
    pass


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    export_bundle(Wish(str(saved(folder / "tiny-clip", "clip")), folder / "bundle"), silent)
    return folder / "bundle"


@pytest.mark.parametrize("kind", MODELS)
def test_onnx_gives_what_open_clip_gives(tmp_path: Path, kind: str) -> None:
    source = saved(tmp_path / kind, kind)
    parity = export_bundle(Wish(str(source), tmp_path / "bundle"), silent)
    assert parity.ok
    assert min(parity.embedding, parity.patches) > 0.999
    golden = read_golden(tmp_path / "bundle" / GOLDEN)
    between = golden.embedding @ golden.embedding.T
    assert between.min() < 0.995, "all pictures alike: the comparison would prove nothing"


def test_the_graph_is_what_every_runtime_expects(exported: Path) -> None:
    graph = onnx.load(str(exported / FRAME))
    onnx.checker.check_model(graph, full_check=True)
    assert {each.domain: each.version for each in graph.opset_import} == {"": 18}
    assert [each.name for each in graph.graph.input] == ["image"]
    assert [each.name for each in graph.graph.output] == ["embedding", "patches"]


def test_the_bundle_says_where_it_comes_from(exported: Path) -> None:
    manifest = OnnxBundle(exported).manifest
    assert (manifest.name, manifest.made_from, manifest.precision) == ("tiny-clip", "tiny-clip", "fp32")
    assert (manifest.dim, manifest.patch_dim, manifest.patch_grid) == (48, 64, (4, 4))
    assert manifest.preprocess.mean == (0.48, 0.45, 0.4)
    assert set(manifest.files) == {FRAME, GOLDEN}
    assert manifest.calibration.pictures == 0


def test_exporting_twice_gives_the_same_bundle(exported: Path, tmp_path: Path) -> None:
    export_bundle(Wish(str(saved(tmp_path / "tiny-clip", "clip")), tmp_path / "again"), silent)
    assert OnnxBundle(tmp_path / "again").hash == OnnxBundle(exported).hash


def test_int8_is_close_and_small(tmp_path: Path, exported: Path) -> None:
    source = saved(tmp_path / "clip", "clip")
    parity = export_bundle(Wish(str(source), tmp_path / "bundle", int8=True), silent)
    assert parity.ok
    assert parity.embedding > 0.99
    assert parity.batch > 0.99999
    assert OnnxBundle(tmp_path / "bundle").manifest.precision == "int8"
    assert (tmp_path / "bundle" / FRAME).stat().st_size < 0.7 * (exported / FRAME).stat().st_size
    assert {path.name for path in (tmp_path / "bundle").iterdir()} == {MANIFEST, FRAME, GOLDEN}


def test_a_model_whose_answers_differ_is_reported(exported: Path, tmp_path: Path) -> None:
    import shutil

    bundle = shutil.copytree(exported, tmp_path / "bundle")
    with np.load(bundle / GOLDEN) as data:
        kept = dict(data)
    kept["embedding"] = kept["embedding"][::-1]
    np.savez_compressed(bundle / GOLDEN, **kept)
    facts = json.loads((bundle / MANIFEST).read_text())
    facts["files"][GOLDEN] = sha256_of(bundle / GOLDEN)
    (bundle / MANIFEST).write_text(json.dumps(facts))
    [found] = check(OnnxBundle(bundle))
    assert not found.ok
    assert found.embedding < found.floor < found.patches


def test_the_way_a_picture_is_fitted_in_can_be_chosen(tmp_path: Path) -> None:
    source = saved(tmp_path / "clip", "clip")
    parity = export_bundle(Wish(str(source), tmp_path / "bundle", resize="longest"), silent)
    assert parity.ok
    assert OnnxBundle(tmp_path / "bundle").manifest.preprocess.resize == "longest"


def test_a_failed_export_leaves_nothing_behind(tmp_path: Path) -> None:
    source = saved(tmp_path / "clip", "clip")
    (source / "open_clip_model.safetensors").write_bytes(b"\x08" * 100)
    with pytest.raises(BundleError, match="source clip: cannot be loaded"):
        export_bundle(Wish(str(source), tmp_path / "out" / "bundle"), silent)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_existing_directory_is_never_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(BundleError, match="already there"):
        export_bundle(Wish("ViT-B-32::openai", tmp_path / "mine"), silent)


def test_a_folder_without_weights_is_not_given_random_ones(tmp_path: Path) -> None:
    source = saved(tmp_path / "clip", "clip")
    (source / "open_clip_model.safetensors").unlink()
    with pytest.raises(BundleError, match="cannot be loaded"):
        load(parse(str(source)))


def test_a_checkpoint_file_keeps_the_preprocessing_of_its_published_kin(tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    file.touch()
    for said, model in ((str(file), "MobileCLIP2-S0"), (f"MobileCLIP2-S0::{file}", None)):
        source = parse(said, model=model)
        assert (source.model, source.pretrained) == ("MobileCLIP2-S0", str(file))
        assert source.steps == {
            "mean": (0.0, 0.0, 0.0),
            "std": (1.0, 1.0, 1.0),
            "interpolation": "bilinear",
            "resize_mode": "shortest",
        }
        assert source.said == "MobileCLIP2-S0::mine.safetensors"


def test_a_checkpoint_file_loads_with_that_preprocessing(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = open_clip.create_model("MobileCLIP2-S0", load_weights=False)
    torch.save(model.state_dict(), tmp_path / "mine.pt")
    _, how = load(parse(str(tmp_path / "mine.pt"), model="MobileCLIP2-S0"))
    assert (how.size, how.mean, how.std) == (256, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    assert (how.interpolation, how.resize) == ("bilinear", "shortest")


@pytest.mark.parametrize(
    ("said", "more", "says"),
    [
        ("ViT-B-16-SigLIP2", {}, "no tag: give MODEL::TAG"),
        ("ViT-B-16-SigLIP2::openai", {}, "has no tag or file 'openai': it has webli"),
        ("ViT-B-61::openai", {}, "open_clip has none of that name; near it: ViT-B-"),
        ("FILE", {}, "add --model MODEL"),
        ("FILE", {"model": "ViT-L-14"}, "different preprocessing: say which one this file follows with --like"),
        ("FILE", {"model": "ViT-L-14", "like": "nope"}, "--like nope: ViT-L-14 has no such tag"),
        ("FILE", {"model": "convnext_tiny"}, "nothing is published for it"),
        ("FOLDER", {}, "no readable open_clip_config.json"),
    ],
)
def test_a_source_that_is_not_clear_is_explained(tmp_path: Path, said: str, more: dict[str, str], says: str) -> None:
    (tmp_path / "x.pt").touch()
    (tmp_path / "folder").mkdir()
    where = {"FILE": str(tmp_path / "x.pt"), "FOLDER": str(tmp_path / "folder")}.get(said, said)
    with pytest.raises(BundleError, match=says):
        parse(where, **more)


def test_tags_that_disagree_are_told_apart_by_name(tmp_path: Path) -> None:
    (tmp_path / "x.pt").touch()
    laion = parse(str(tmp_path / "x.pt"), model="ViT-L-14", like="laion2b_s32b_b82k")
    assert laion.steps["mean"] == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not valid JSON"),
        ("[]", "model_cfg and preprocess_cfg missing"),
        ('{"model_cfg": {"a": 1}}', "preprocess_cfg"),
    ],
)
def test_a_folder_that_hides_its_preprocessing_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "open_clip_config.json").write_text(text)
    with pytest.raises(BundleError, match=says):
        parse(str(tmp_path))


def test_a_checkpoint_that_would_run_code_is_not_loaded(tmp_path: Path) -> None:
    import os
    import pickle

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {tmp_path / 'ran'}",)

    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(BundleError, match="cannot be loaded"):
        load(parse(str(tmp_path / "evil.pt"), model="MobileCLIP2-S0"))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("hf-hub:Marqo/marqo-ecommerce-embeddings-B", "marqo-marqo-ecommerce-embeddings-b"),
        ("ViT-B-16-SigLIP2::webli", "vit-b-16-siglip2-webli"),
        ("classic", "classic-model"),
        ("::", "a-model"),
    ],
)
def test_a_name_is_made_from_the_source(said: str, name: str) -> None:
    assert default_name(said) == name
