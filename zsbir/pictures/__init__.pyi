from .drawing import Drawing as Drawing
from .drawing import Stroke as Stroke
from .drawing import parse_canvas as parse_canvas
from .drawing import rasterise as rasterise
from .drawing import read_quickdraw as read_quickdraw
from .opening import open_picture as open_picture
from .preparation import PreprocessConfig as PreprocessConfig

__all__ = ["Drawing", "PreprocessConfig", "Stroke", "open_picture", "parse_canvas", "rasterise", "read_quickdraw"]
