import torch
from PIL import Image

from zsbir.preprocessing import PreprocessConfig
from zsbir.teacher import teacher_targets


class Brightness(torch.nn.Module):
    """Two classes: left half bright, right half bright."""

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        halves = pictures.mean(dim=(1, 2)).split(pictures.shape[3] // 2, dim=1)
        return torch.stack([half.mean(dim=1) for half in halves], dim=1)


def test_soft_labels_are_probabilities_and_categories_their_means() -> None:
    photos = [[Image.new("RGB", (20, 20), (value, value, value)) for value in row] for row in ((10, 200, 90), (255,))]
    photos[0][0].paste((255, 255, 255), (0, 0, 10, 20))
    targets = teacher_targets(
        Brightness(), photos, PreprocessConfig(size=16), temperature=0.5, device=torch.device("cpu"), quiet=True
    )
    assert targets.photos.shape == (4, 2)
    assert torch.allclose(targets.photos.sum(1), torch.ones(4))
    assert torch.allclose(targets.categories[0], targets.photos[:3].mean(0))
    assert torch.allclose(targets.categories[1], targets.photos[3])
    assert torch.allclose(targets.photos, torch.full((4, 2), 0.5), atol=1e-5)  # mirrored views are averaged
