"""Training: triplet loss, and a domain classifier behind a gradient reversal layer."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
