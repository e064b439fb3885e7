"""Data folders: sketches and photos by category, and which categories are seen, validation and unseen."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
