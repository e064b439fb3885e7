from __future__ import annotations

import pytest

from zsbir.ui.component import answered


def test_a_failing_question_keeps_its_secrets(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> dict[str, str]:
        raise RuntimeError("secret of the house")

    assert "secret" not in answered(fail)["error"]
    assert "secret" in caplog.text
