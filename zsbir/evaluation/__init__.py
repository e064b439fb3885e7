"""How good an encoder is: metrics, reports and contact sheets."""

import lazy_loader

from zsbir.evaluation.report import report as report  # the module of this name would take its place

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
