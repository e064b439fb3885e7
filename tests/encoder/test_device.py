import pytest
import torch

from zsbir.encoder.device import choose_device, cores, place
from zsbir.training.loop import keep_freed_memory


def test_named_devices() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device().type in ("cpu", "cuda", "mps")
    with pytest.raises(ValueError, match="'abacus'"):
        choose_device("abacus")


def test_there_is_a_core_wherever_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cores() >= 1
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    assert cores() >= 1
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert cores() == 1


def test_placing_keeps_every_value_and_turns_filters_channels_last() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten(), torch.nn.Linear(4, 2))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    placed = place(network, torch.device("cpu"))
    assert all(torch.equal(tensor, before[name]) for name, tensor in placed.state_dict().items())
    assert placed[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_memory_setting_can_be_asked_for_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_freed_memory()
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("ctypes.CDLL", lambda name: pytest.fail("glibc is only asked on Linux"))
    keep_freed_memory()
