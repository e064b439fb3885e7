"""Two processes on one machine against one process with twice the batch."""

import csv
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing
from safetensors.torch import load_file

import train
from tests.conftest import CORNERS, free_port, run_arguments
from zsbir.data.folder import CategoryData
from zsbir.encoder.checkpoint import load_checkpoint
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.training.batches import BalancedBatches, Batch
from zsbir.training.distributed import ALONE, Processes, in_charge, processes, synchronise_batch_norm
from zsbir.training.record import RunRecord
from zsbir.training.run import TrainingRun


def environments(count: int) -> list[dict[str, str]]:
    """What torchrun sets, for each of `count` processes."""
    common = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(count)}
    return [{**common, "RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"} for rank in range(count)]


def _gathers_and_agrees(group: Processes) -> None:
    mine = torch.tensor([[1.0 + group.rank], [3.0 + group.rank]], requires_grad=True)
    whole = group.gather(mine)
    assert whole.flatten().tolist() == [1, 3, 2, 4]
    (whole.flatten() * torch.tensor([1.0, 10.0, 100.0, 1000.0]) * (1 + group.rank)).sum().backward()
    weights_of_mine = [[1.0, 10.0], [100.0, 1000.0]][group.rank]
    assert mine.grad is not None
    assert mine.grad.flatten().tolist() == [3 * weight for weight in weights_of_mine]  # 1 + 2, from both processes
    assert group.gather_lists([group.rank] * (group.rank + 1)) == [0, 1, 1]
    assert group.is_leader == in_charge() == (group.rank == 0)


def _leader_goes_first(group: Processes) -> None:
    path = Path(os.environ["ZSBIR_TEST_FOLDER"]) / "from_the_leader"
    with group.leader_first():
        if group.is_leader:
            path.write_text("done")
        assert path.read_text() == "done"
    dist.barrier()


def _stops_when_another_is_interrupted(group: Processes) -> None:
    with group.interrupted_together() as check:
        check()
        if group.rank == 1:
            os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            check()


def _interrupted_at(number: int) -> None:
    """The second process is interrupted in its n-th step, as by Ctrl-C."""
    step, steps = TrainingRun.step, 0

    def counted(*arguments: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps == number and not in_charge():
            os.kill(os.getpid(), signal.SIGINT)
        return step(*arguments)

    TrainingRun.step = counted  # type: ignore[method-assign]


def _one_of_two(rank: int, settings: list[list[dict[str, str]]], folder: Path, arguments: list[str]) -> None:
    """All that two processes are asked to do, in one go, as it takes long to start them."""
    starts = iter(settings)  # each as if torchrun had started them anew

    def start(*options: str) -> int:
        os.environ.update(next(starts)[rank])
        return train.main([*arguments, *options])

    os.environ.update(next(starts)[rank])
    with processes() as group:
        _gathers_and_agrees(group)
        _leader_goes_first(group)
        _stops_when_another_is_interrupted(group)
    assert start("--checkpoint_dir", str(folder / "unbroken")) == 0
    _interrupted_at(6)
    broken = ("--checkpoint_dir", str(folder / "broken"))
    assert start(*broken) == 130
    assert not in_charge() or RunRecord.load(folder / "broken" / "run.json").epochs[1:] == []
    assert start(*broken, "--resume") == 0
    assert start("--checkpoint_dir", str(folder), "--batch_norm", "trained") == 2


@pytest.fixture(scope="module")
def two(data_folder: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of two runs of two processes, one of them interrupted and resumed."""
    folder = tmp_path_factory.mktemp("two")
    arguments = [*run_arguments(data_folder, weights), "--batch_size", "4", "--epochs", "2", "--print_every", "1"]
    settings = [[{**one, "ZSBIR_TEST_FOLDER": str(folder)} for one in environments(2)] for _ in range(5)]
    torch.multiprocessing.spawn(_one_of_two, (settings, folder, arguments), nprocs=2)
    return folder


def test_alone_everything_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    tensor, handler = torch.ones(2), signal.getsignal(signal.SIGINT)  # ignored in what a shell starts in the background
    with processes() as group, group.leader_first(), group.interrupted_together() as check:
        assert group == ALONE
        assert group.gather(tensor) is tensor
        assert group.gather_lists([1]) == [1]
        check()
        assert signal.getsignal(signal.SIGINT) is handler


def test_more_processes_than_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("LOCAL_RANK", "2")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(ValueError, match="found 2 GPUs and process 3"), processes():
        pass


def parts(data: CategoryData, count: int, per_process: int, steps: int = 4) -> list[list[Batch]]:
    groups = [Processes(rank, count) for rank in range(count)]
    return [
        list(BalancedBatches(data, per_process, steps, seed=5, extra_ratio=0.5, group=group).epoch(1))
        for group in groups
    ]


def test_parts_make_up_the_whole_batch_and_share_no_category(data_folder: Path) -> None:
    both = CategoryData.load(data_folder, tuple(CORNERS))
    one_sided = CategoryData(
        ("p", "q", "r", "s"), ((), (), *both.sketches[:2]), (*both.photos[:2], (), ())
    )  # two of photos alone, two of sketches alone
    data = CategoryData(
        (*both.categories, *one_sided.categories),
        (*both.sketches, *one_sided.sketches),
        (*both.photos, *one_sided.photos),
    )
    (whole,) = parts(data, 1, 12)
    for step, (first, second) in enumerate(zip(*parts(data, 2, 6), strict=True)):
        assert not {*first.labels[:6]} & {*second.labels[:6]}
        assert len(first.labels) == len(second.labels) == 12
        assert len(first.photos) == len(second.photos) == 9
        assert sorted((*first.rows, *second.rows)) == list(range(24))
        for part in (first, second):
            assert part.seed == whole[step].seed
            for place, row in enumerate(part.rows):
                assert part.labels[place] == whole[step].labels[row]
                assert part.sketches[place] == whole[step].sketches[row]
                assert place >= 9 or part.photos[place] == whole[step].photos[row]


def test_a_batch_that_splits_a_category_is_refused(data_folder: Path) -> None:
    data = CategoryData.load(data_folder, tuple(CORNERS))
    with pytest.raises(ValueError, match="2 divides"):
        BalancedBatches(data, 7, 1, 0, group=Processes(0, 2))
    BalancedBatches(data, 7, 1, 0)


def test_batch_norm_is_synchronised_on_gpus_only() -> None:
    torch.manual_seed(0)
    encoder = SketchPhotoEncoder(EncoderConfig("test_efficientnet", 8, batch_norm="trained")).eval()
    names, photos = list(encoder.state_dict()), torch.randn(2, 3, 32, 32)
    before = encoder.embed_photos(photos)
    with pytest.raises(ValueError, match="--batch_norm folded"):
        synchronise_batch_norm(encoder, torch.device("cpu"))
    synchronise_batch_norm(encoder, torch.device("cuda"))
    norms = [layer for layer in encoder.modules() if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm)]
    assert norms
    assert all(isinstance(layer, torch.nn.SyncBatchNorm) for layer in norms)
    assert list(encoder.state_dict()) == names
    assert torch.allclose(encoder.embed_photos(photos), before, atol=1e-6)


def losses(folder: Path) -> list[dict[str, float]]:
    names = ("loss", "triplet", "domain", "classification", "teacher", "domain_accuracy", "validation mAP@all")
    with (folder / "log.csv").open(newline="") as file:
        return [{name: float(row[name]) for name in names if row[name]} for row in csv.DictReader(file)]


def test_two_processes_learn_what_one_with_twice_the_batch_does(
    two: Path, data_folder: Path, weights: Path, tmp_path: Path
) -> None:
    one = [*run_arguments(data_folder, weights), "--batch_size", "8", "--epochs", "2", "--print_every", "1"]
    assert train.main([*one, "--checkpoint_dir", str(tmp_path)]) == 0
    together, alone = losses(two / "unbroken"), losses(tmp_path)
    assert len(together) == len(alone) == 10  # four steps and a validation, twice
    for mine, theirs in zip(together, alone, strict=True):
        assert mine == pytest.approx(theirs, abs=2e-3)
    mine, theirs = (load_file(folder / "zsbir.safetensors") for folder in (two / "unbroken", tmp_path))
    assert all(torch.allclose(mine[name], theirs[name], atol=2e-3) for name in theirs)
    assert load_checkpoint(two / "unbroken" / "zsbir.safetensors").training["processes"] == 2
    mine, theirs = (load_file(folder / "training_state.safetensors") for folder in (two / "unbroken", tmp_path))
    for name in theirs:  # Adam's steps do not depend on the scale of gradients; its memory of them does
        if name.endswith("exp_avg"):
            assert (mine[name] - theirs[name]).norm() < 0.05 * theirs[name].norm() + 1e-6, name


def test_an_interrupt_of_one_process_stops_both_and_both_resume(two: Path) -> None:
    assert losses(two / "broken") == losses(two / "unbroken")
    one, other = (load_file(two / name / "zsbir.safetensors") for name in ("broken", "unbroken"))
    assert all(torch.equal(one[name], other[name]) for name in other)
