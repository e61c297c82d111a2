import codecs

import pytest
from agront_model.pretrained.json_file import read_json_object

TEXT = '{\r\n"name": "maïs",\r\n"layers": 3\r\n}\r\n'


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    ],
)
def test_every_encoding_of_unicode_is_read_with_its_byte_order_mark(tmp_path, content):
    (tmp_path / "config.json").write_bytes(content)
    assert read_json_object(tmp_path / "config.json") == {"name": "maïs", "layers": 3}


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"{", b"\xff", b"[1]", TEXT.encode("latin-1")])
def test_anything_else_is_refused_by_name(tmp_path, content):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"config\.json: (not a JSON file|expected a JSON object, found list)"):
        read_json_object(tmp_path / "config.json")
