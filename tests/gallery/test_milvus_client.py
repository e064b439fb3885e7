from zsbir.gallery.milvus_client import quoted


def test_quoted_texts_hold_no_bare_quote_or_line_end() -> None:
    assert quoted('a"b\\\n') == '"a\\"b\\\\\\n"'
