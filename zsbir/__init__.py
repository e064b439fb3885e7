"""Zero-shot sketch-based image retrieval: draw, and find the photos that look like it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
