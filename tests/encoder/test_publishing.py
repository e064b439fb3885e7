from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import ModelCard, constants

from tests.conftest import make_checkpoint, make_photo
from tests.hub_stand_in import READER, Hub
from zsbir import Embedder, load_embedder
from zsbir.encoder.checkpoint import load_checkpoint
from zsbir.encoder.publishing import CARD, FILE, fetch_checkpoint, model_card

REPO = "somebody/sketches"
BUNDLED = Path(__file__).parents[2] / "checkpoints" / FILE


@pytest.fixture
def embedder(tmp_path: Path) -> Embedder:
    path = make_checkpoint(tmp_path / "mine" / "own name.safetensors")
    path.with_name(CARD).write_text("---\nlicense: cc0-1.0\ndatasets: [doodles]\n---\n\n# Mine\n\nText.\n")
    return load_embedder(path, "cpu")


def test_what_was_pushed_comes_back(embedder: Embedder, hub: Hub) -> None:
    assert embedder.push_to_hub(REPO) == f"{hub.address}/{REPO}"
    again = Embedder.from_pretrained(REPO, device="cpu")
    assert again.checkpoint_sha256 == embedder.checkpoint_sha256
    photos = [make_photo("disc", np.random.default_rng(0))]
    assert np.array_equal(again.embed_photos(photos), embedder.embed_photos(photos))


def test_one_commit_holds_checkpoint_and_card(embedder: Embedder, hub: Hub) -> None:
    embedder.push_to_hub(REPO, private=True)
    assert hub.created == [{"name": "sketches", "organization": "somebody", "visibility": "private"}]
    assert hub.commits == [[("file", "README.md"), ("lfsFile", FILE)]]
    card = ModelCard(hub.repositories[f"models/{REPO}"]["README.md"].decode())
    assert card.text.strip() == "# Mine\n\nText."
    assert card.data.to_dict()["license"] == "cc0-1.0"
    assert card.data.to_dict()["datasets"] == ["doodles"]
    assert card.data.pipeline_tag == "image-feature-extraction"
    (figure,) = card.data.eval_results
    assert (figure.metric_type, figure.metric_value) == ("mAP@all", 0.5)
    assert figure.dataset_name == "2 validation categories"


def test_a_checkpoint_may_have_a_card_of_its_own(embedder: Embedder, tmp_path: Path) -> None:
    other = make_checkpoint(tmp_path / "mine" / "other.safetensors", seed=1)
    assert "# Mine" in str(model_card(other))
    other.with_name("OTHER_CARD.md").write_text("# Other\n")
    assert "# Other" in str(model_card(other))
    assert "# Mine" in str(model_card(tmp_path / "mine" / "own name.safetensors"))


def test_only_what_was_kept_from_something_is_called_zero_shot() -> None:
    assert "zero-shot" in model_card(BUNDLED).data.tags
    everyday = model_card(BUNDLED.with_name("everyday.safetensors"))
    assert "zero-shot" not in everyday.data.tags
    assert everyday.text.strip().startswith("# Model card: everyday.safetensors")


def test_pushing_again_changes_the_same_repository(embedder: Embedder, hub: Hub) -> None:
    embedder.push_to_hub(REPO)
    embedder.push_to_hub(REPO)
    assert len(hub.created) == 1
    assert len(hub.commits) == 2


def test_a_checkpoint_is_downloaded_once_and_then_found_without_a_network(
    embedder: Embedder, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder.push_to_hub(REPO)
    fetched = fetch_checkpoint(REPO)
    downloads = [request for request in hub.requests if request.startswith("GET ") and "/resolve/" in request]
    assert len(downloads) == 1
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert fetch_checkpoint(REPO) == fetched


def test_a_card_without_a_text_claims_no_licence(tmp_path: Path) -> None:
    card = model_card(make_checkpoint(tmp_path / "bare.safetensors"))
    assert "license" not in card.data.to_dict()
    assert "16 dimensions" in card.text
    assert "2 categories" in card.text


def test_the_bundled_checkpoint_has_a_card_with_a_licence() -> None:
    card = model_card(BUNDLED)
    assert card.data.license == "apache-2.0"
    assert card.data.eval_results is None  # trained on the validation categories too, so it has no figures on them


def test_a_card_carries_the_figures_of_its_checkpoint(tmp_path: Path) -> None:
    card = model_card(make_checkpoint(tmp_path / "measured.safetensors"))
    assert [(figure.metric_type, figure.metric_value) for figure in card.data.eval_results] == [("mAP@all", 0.5)]


@pytest.mark.parametrize(
    ("repo", "revision", "sentence"),
    [
        ("nobody/nothing", None, "Expected a repository nobody/nothing"),
        (REPO, "v9", "at this revision, found none"),
        ("somebody/empty", None, "Expected zsbir.safetensors in somebody/empty"),
    ],
)
def test_what_is_not_there_is_named(
    embedder: Embedder, hub: Hub, repo: str, revision: str | None, sentence: str
) -> None:
    embedder.push_to_hub(REPO)
    hub.repositories["models/somebody/empty"] = {}
    with pytest.raises(FileNotFoundError, match=sentence):
        Embedder.from_pretrained(repo, revision=revision)


def test_no_network_and_nothing_cached(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(FileNotFoundError, match="check the network"):
        fetch_checkpoint(REPO)


def test_a_name_that_is_none(hub: Hub) -> None:
    with pytest.raises(ValueError, match="Repo id"):
        fetch_checkpoint("not a name")


@pytest.mark.parametrize(("token", "sentence"), [(READER, "403: You may only read"), ("hf_x", "401: Invalid")])
def test_who_may_not_write_is_told(
    embedder: Embedder, hub: Hub, monkeypatch: pytest.MonkeyPatch, token: str, sentence: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(ValueError, match=sentence):
        embedder.push_to_hub(REPO)
    assert not hub.repositories


def test_without_a_token_nothing_is_asked(embedder: Embedder, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(ValueError, match=r"found none; make one .*settings/tokens"):
        embedder.push_to_hub(REPO)
    assert not hub.requests


def test_only_the_file_that_was_loaded_is_pushed(embedder: Embedder, hub: Hub, tmp_path: Path) -> None:
    assert embedder.checkpoint is not None
    make_checkpoint(embedder.checkpoint, seed=3)
    with pytest.raises(ValueError, match="found it changed"):
        embedder.push_to_hub(REPO)
    in_training = Embedder(load_checkpoint(embedder.checkpoint).encoder)
    with pytest.raises(ValueError, match="still in training"):
        in_training.push_to_hub(REPO)
    assert not hub.requests
