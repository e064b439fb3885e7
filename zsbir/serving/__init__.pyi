from .galleries import Galleries as Galleries
from .start import open_galleries as open_galleries

__all__ = ["Galleries", "open_galleries"]
