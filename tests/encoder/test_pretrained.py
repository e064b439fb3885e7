from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tests.conftest import SMALL_BACKBONE
from tests.small_backbones import FAMILIES, write_weights
from zsbir.encoder.backbone import timm
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.encoder.pretrained import head_of, load_pretrained


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return timm.create_model(SMALL_BACKBONE, pretrained=False).state_dict()


def test_weights_come_from_a_file_by_name_or_by_order(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    save_file(state, tmp_path / "named.safetensors")
    torch.save({f"other.{name}": tensor for name, tensor in state.items()}, tmp_path / "renamed.pth")
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "wrapped.pth")
    for file in ("named.safetensors", "renamed.pth", "wrapped.pth"):
        loaded = load_pretrained(SMALL_BACKBONE, str(tmp_path / file)).state_dict()
        assert all(torch.equal(tensor, loaded[name]) for name, tensor in state.items()), file


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("classes", [None, 0, 7])
def test_heads_of_any_size_or_none_come_along(name: str, classes: int | None, tmp_path: Path) -> None:
    path = write_weights(name, tmp_path, **({} if classes is None else {"num_classes": classes}))
    network = load_pretrained(name, str(path))
    count = timm.get_pretrained_cfg(name).num_classes if classes is None else classes
    head = head_of(network)
    assert (head.out_features if head else 0) == (0 if name == "small_siglip" and not classes else count)
    encoder = SketchPhotoEncoder(EncoderConfig(name, 8, batch_norm="frozen"))
    encoder.load_backbone(network)
    loaded, written = encoder.backbones["both"].state_dict(), network.state_dict()
    assert all(torch.equal(tensor, written[key]) for key, tensor in loaded.items())


def test_names_of_a_networks_authors_are_translated(tmp_path: Path) -> None:
    """As DINOv2 is published: a mask token beside the rest, registers under another name."""
    path = write_weights("small_dinov2", tmp_path)
    from safetensors.torch import load_file

    state = load_file(path)
    foreign = {**state, "register_tokens": state["reg_token"], "mask_token": torch.zeros(1, 32)}
    del foreign["reg_token"]
    cls = foreign["cls_token"]
    foreign["pos_embed"] = torch.cat([torch.zeros_like(cls), state["pos_embed"]], dim=1)
    torch.save(foreign, tmp_path / "foreign.pth")
    loaded = load_pretrained("small_dinov2", str(tmp_path / "foreign.pth")).state_dict()
    assert torch.equal(loaded["reg_token"], state["reg_token"])
    assert torch.equal(loaded["blocks.1.attn.qkv.weight"], state["blocks.1.attn.qkv.weight"])


def test_the_default_backbone_has_its_weights_in_a_package() -> None:
    head = head_of(load_pretrained("tf_efficientnet_lite0", "package"))
    assert head is not None
    assert head.weight.shape == (1000, 1280)
    assert float(head.weight.detach().std()) > 0.01


def test_weights_that_do_not_fit_are_refused(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    state.pop("classifier.bias")
    save_file(state, tmp_path / "short.safetensors")
    (tmp_path / "foreign.pth").write_bytes(b"not a state dict")
    torch.save([1, 2], tmp_path / "list.pth")
    other = write_weights("small_deit", tmp_path)
    for file, said in (("short.safetensors", r"do not fit in .*short"), (other.name, "do not fit")):
        with pytest.raises(ValueError, match=said):
            load_pretrained(SMALL_BACKBONE, str(tmp_path / file))
    for file in ("foreign.pth", "list.pth"):
        with pytest.raises(ValueError, match=file):
            load_pretrained(SMALL_BACKBONE, str(tmp_path / file))
    with pytest.raises(FileNotFoundError, match="absent"):
        load_pretrained(SMALL_BACKBONE, str(tmp_path / "absent.pth"))
    with pytest.raises(ValueError, match="--backbone_weights"):
        load_pretrained(SMALL_BACKBONE, "package")
    with pytest.raises(ValueError, match="found none in timm"):
        load_pretrained("small_deit", "hub")
