import pytest
import torch

from zsbir.training.block import Block

TENSORS = [
    torch.arange(7, dtype=torch.uint8),
    torch.tensor([True, False, True]),
    torch.arange(24.0).view(2, 3, 4).permute(2, 0, 1),
    torch.zeros(0, dtype=torch.int64),
    torch.zeros(0, 5),
    torch.tensor(-(2**40)),
]


@pytest.mark.parametrize("count", range(len(TENSORS) + 1))
def test_tensors_come_out_of_their_block_as_they_went_in(count: int) -> None:
    block = Block.of(TENSORS[:count])
    assert block.memory.dtype == torch.uint8
    found = block.to(torch.device("cpu")).tensors()
    assert len(found) == count
    for tensor, expected in zip(found, TENSORS, strict=False):
        assert tensor.dtype == expected.dtype
        assert torch.equal(tensor, expected)
        assert tensor.untyped_storage().data_ptr() == block.memory.untyped_storage().data_ptr()
