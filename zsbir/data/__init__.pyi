from .folder import CategoryData as CategoryData
from .folder import ZeroShotSplit as ZeroShotSplit
from .folder import find_photos as find_photos
from .folder import find_sketches as find_sketches
from .folder import read_labels as read_labels
from .folder import training_data as training_data

__all__ = ["CategoryData", "ZeroShotSplit", "find_photos", "find_sketches", "read_labels", "training_data"]
