import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from zsbir.data.check import check_data
from zsbir.data.sheet import save_data_sheet


def test_every_category_shows_sketches_and_photos_and_what_is_missing(data_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(data_folder, tmp_path / "copy"))
    shutil.rmtree(folder / "photos" / "bar")
    contents = check_data(folder, quiet=True).categories
    save_data_sheet(contents, tmp_path / "sheet.png")
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    rows, width = 2, 2 * 4 * 64 + 18  # six categories in three columns, four tiles a side
    assert sheet.shape == (rows * 86 + 6, 3 * width + 6, 3)
    for place, content in enumerate(contents):
        left, top = 6 + place // rows * width, 6 + place % rows * 86 + 16
        sketches, photos = sheet[top : top + 64, left : left + 256], sheet[top : top + 64, left + 262 : left + 518]
        assert sketches.min() < 60
        assert np.all(sketches.max(axis=2) - sketches.min(axis=2) == 0)  # drawings in grey
        if content.photos:
            assert len(np.unique(photos.reshape(-1, 3), axis=0)) == 8  # four photos of two colours
        else:
            assert np.all(photos[4:-4, 4:-4] == (255, 205, 210))
