import json
from pathlib import Path

import pytest

from zsbir.gallery.milvus_address import Address
from zsbir.gallery.milvus_gallery import MilvusGallery

SHA = "a1" * 32


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 7}, "format version 7"),
        ({"uri": ""}, "found"),
        ({"uri": 3}, "found"),
        ({"collection": "a; drop"}, "letters, digits"),
        ({"checkpoint_sha256": "../x"}, "digest of a checkpoint"),
        ({"collection": None}, "found"),
    ],
)
def test_damaged_addresses_are_refused(change: dict[str, object], message: str, tmp_path: Path) -> None:
    Address("milvus.db", "photos", SHA).save(tmp_path)
    path = tmp_path / "milvus.json"
    assert Address.load(tmp_path) == Address("milvus.db", "photos", SHA)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ValueError, match=message):
        MilvusGallery.open(tmp_path)
    for text in ("[", "[]", "null", "{}"):
        path.write_text(text)
        with pytest.raises(ValueError, match="Expected an address"):
            MilvusGallery.open(tmp_path)
