"""The text towers of open_clip, by a small one with random weights."""

import json
import logging
from pathlib import Path

import open_clip
import pytest
import torch
from safetensors.torch import load_file, save_file

import train
from zsbir.training.category_names import class_name_likeness, class_name_vectors
from zsbir.training.text_tower import PROMPTS, TextTowerConfig, load_text_tower

SMALL = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 16, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 1, "layers": 1},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as open_clip keeps one: its configuration and its weights."""
    folder = tmp_path_factory.mktemp("tower")
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": SMALL, "preprocess_cfg": {}}))
    torch.manual_seed(0)
    save_file(open_clip.CLIP(**SMALL).state_dict(), folder / "open_clip_model.safetensors")
    return folder


def test_a_name_is_the_mean_of_its_prompts(folder: Path) -> None:
    tower = load_text_tower(TextTowerConfig(str(folder)))
    assert tower is not None
    names = ["hot_dog", "cat", *(f"thing {number}" for number in range(40))]  # more than go at once
    embeddings = tower.embed(names, quiet=True)
    assert embeddings.shape == (len(names), 16)
    model, tokenizer = open_clip.CLIP(**SMALL).eval(), open_clip.get_tokenizer(f"local-dir:{folder}")
    model.load_state_dict(load_file(folder / "open_clip_model.safetensors"))
    with torch.no_grad():
        prompted = [model.encode_text(tokenizer([prompt.format("hot dog")]), normalize=True)[0] for prompt in PROMPTS]
    expected = torch.nn.functional.normalize(torch.stack(prompted).mean(0), dim=0)
    assert torch.allclose(embeddings[0], expected, atol=1e-5)
    assert not torch.allclose(embeddings[1], expected, atol=1e-2)


def test_names_are_compared_by_it(folder: Path) -> None:
    tower = load_text_tower(TextTowerConfig(str(folder)))
    assert tower is not None
    likeness = class_name_likeness(["goldfish", "cat"], tower)
    assert likeness.shape == (2, 1000)
    assert int(likeness[0].argmax()) == 1  # ImageNet's class of the same name
    vectors = class_name_vectors(["dog", "cat", "dog"], None, tower)
    assert torch.allclose(vectors[0], vectors[2], atol=1e-6)
    assert vectors[0] @ vectors[1] < 0.9


def test_a_run_uses_it_and_its_answers_are_not_mistaken_for_others(
    folder: Path, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = [*arguments, "--checkpoint_dir", str(tmp_path), "--epochs", "1", "--steps_per_epoch", "1"]
    names = ["--class_names", "0.5", "--hard_negatives", "semantic", "--text_tower", str(folder)]
    assert train.main([*run, *names]) == 0
    kept = (tmp_path / "teacher.safetensors").read_bytes()
    assert train.main([*run, *names]) == 0
    assert (tmp_path / "teacher.safetensors").read_bytes() == kept
    asked: list[object] = []

    def other(names: list[str], tower: object) -> torch.Tensor:
        asked.append(tower)
        return torch.full((len(names), 1000), 0.001)

    monkeypatch.setattr("zsbir.training.teacher.class_name_likeness", other)
    assert train.main([*run, "--class_names", "0.5"]) == 0
    assert asked == [None]
    assert (tmp_path / "teacher.safetensors").read_bytes() != kept


@pytest.fixture
def broken(folder: Path, tmp_path: Path) -> Path:
    """Models that are no use, each in a folder of its own."""
    config = {"model_cfg": SMALL}
    pictures_alone = {"model_cfg": {name: part for name, part in SMALL.items() if name != "text_cfg"}}
    others = {"model_cfg": {**SMALL, "embed_dim": 8}}
    for name, described in {"pictures": pictures_alone, "others": others, "none": config, "damaged": config}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "open_clip_config.json").write_text(json.dumps(described))
        if name != "none":
            (tmp_path / name / "open_clip_model.safetensors").symlink_to(folder / "open_clip_model.safetensors")
    (tmp_path / "damaged" / "open_clip_model.safetensors").unlink()
    (tmp_path / "damaged" / "open_clip_model.safetensors").write_bytes(b"no weights")
    (tmp_path / "empty").mkdir()
    (tmp_path / "weights.safetensors").symlink_to(folder / "open_clip_model.safetensors")
    return tmp_path


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--text_tower", "no_such_model"], "'no_such_model'; open_clip.list_models() lists them."),
        (["--text_tower", "vit_small_patch14_dinov2"], "has a text tower, found 'vit_small_patch14_dinov2'"),
        (["--text_tower", "ViT-B-32"], "found none; give --text_weights."),
        (["--text_tower", "ViT-B-32", "--text_weights", "absent.pt"], "found absent.pt; give --text_weights."),
        (["--text_tower", "ViT-S-32-alt"], "a file (open_clip has none of it), found none"),
        (["--text_tower", "ViT-S-32-alt", "--text_weights", "{}/weights.safetensors"], "with weights that fit"),
        (["--text_tower", "{}/pictures"], "found one of pictures alone; give another."),
        (["--text_tower", "{}/others"], "with weights that fit"),
        (["--text_tower", "{}/none"], "with weights that fit"),
        (["--text_tower", "{}/damaged"], "with weights that fit"),
        (["--text_tower", "{}/empty"], "with weights that fit"),
        (["--text_tower", "{}/none", "--text_weights", "a.pt"], "leave --text_weights out."),
        (["--text_weights", "a.pt"], "found none; give --text_tower."),
        (["--text_tower", "{}/none", "--word_vectors", "glove.txt"], "give one."),
    ],
)
def test_a_tower_that_is_no_use_is_one_sentence_and_nothing_is_written(
    options: list[str],
    message: str,
    broken: Path,
    arguments: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    out, handlers = broken / "run", list(logging.getLogger().handlers)
    given = [option.format(broken) for option in options]
    assert train.main([*arguments, "--checkpoint_dir", str(out), *given]) == 2
    said = capfd.readouterr().err
    assert said.count("\n") == 1, said
    assert said.startswith("train.py: Expected ")
    assert message in said
    assert not out.exists()
    assert logging.getLogger().handlers == handlers


def test_without_the_package_a_sentence_says_how_to_get_it(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "open_clip", None)
    out = tmp_path / "run"
    assert train.main([*arguments, "--checkpoint_dir", str(out), "--text_tower", "ViT-B-32"]) == 2
    assert capsys.readouterr().err == (
        "train.py: Expected the package open_clip for what names mean to a text tower, found it not installed; install "
        "it with: pip install -r requirements-train.txt\n"
    )
    assert not out.exists()
