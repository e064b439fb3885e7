import numpy as np
import pytest
import torch

from zsbir.encoder.whitening import Whitening, whitening_matrix

GENERATOR = torch.Generator().manual_seed(0)
SPREAD = torch.tensor([3.0, 1.0, 1.0, 0.5, 0.1])
TURN = torch.linalg.qr(torch.randn(5, 5, generator=GENERATOR))[0]
ROWS = torch.nn.functional.normalize(torch.randn(4000, 5, generator=GENERATOR) * SPREAD @ TURN)


def test_it_is_the_inverse_root_of_the_shrunk_covariance() -> None:
    covariance = np.cov(ROWS.double().numpy(), rowvar=False)
    shrunk = 0.1 * covariance / (np.trace(covariance) / 5) + 0.9 * np.eye(5)
    matrix = whitening_matrix(ROWS).double().numpy()
    assert matrix == pytest.approx(matrix.T, abs=1e-6)
    assert matrix @ shrunk @ matrix == pytest.approx(np.eye(5), abs=1e-5)


def test_the_direction_that_varies_most_counts_for_less() -> None:
    whitened = Whitening(whitening_matrix(ROWS))(ROWS)
    assert torch.allclose(whitened.norm(dim=1), torch.ones(len(ROWS)), atol=1e-5)
    shares = [torch.linalg.eigvalsh(torch.cov(rows.T)) for rows in (ROWS, whitened)]
    before, after = (float(values[-1] / values.sum()) for values in shares)
    assert 0.2 < after < before
    assert torch.argsort(shares[1]).tolist() == list(range(5))  # a little only: the order stays


def test_what_varies_alike_in_all_directions_stays_as_it_is() -> None:
    rows = torch.cat([torch.eye(4), -torch.eye(4)])
    assert torch.allclose(Whitening(whitening_matrix(rows))(rows), rows, atol=1e-6)


@pytest.mark.parametrize("rows", [torch.eye(6)[[0, 1, 0, 1]], torch.eye(6)[[2, 2]], torch.zeros(3, 6)])
def test_directions_in_which_nothing_varies_are_no_trouble(rows: torch.Tensor) -> None:
    assert torch.isfinite(Whitening(whitening_matrix(rows))(rows)).all()
