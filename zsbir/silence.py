"""Nothing is sent out: what libraries would report of their use is switched off, before they load and read of it."""

from __future__ import annotations

import os

_SWITCHES = {
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime; its disable_telemetry_events() comes too late and keeps its files
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def nothing_is_sent() -> None:
    """For the lines before such a library is imported."""
    os.environ.update(_SWITCHES)
