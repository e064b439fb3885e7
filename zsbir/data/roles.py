"""What each category of a data folder is for, and what is wrong with the lists that say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from zsbir.data.folder import read_labels
from zsbir.sentences import amount, some

LISTS = {"seen": "train_labels.txt", "validation": "val_labels.txt", "unseen": "test_labels.txt"}
FEW = 10  # sketches, or photos, of a category; with fewer it is learned and measured by chance
_FEW_OWN = 5  # of what is taught to an encoder that knows other things
_OPTIONAL = {
    "validation": "the last epoch will be kept, good or bad; move a tenth of train_labels.txt there",
    "unseen": "nothing will say what it finds of new things; move a tenth of train_labels.txt there",
}


@dataclass(frozen=True)
class Roles:
    """What categories are for.

    Attributes:
        of: "seen", "validation" or "unseen", by the names of categories; those that are not used are not in it.
        is_own: Nothing says what is trained on: all of it is taught to an encoder that a run starts from.
    """

    of: dict[str, str]
    is_own: bool

    @property
    def few(self) -> int:
        """Fewer sketches or photos of a category are too few."""
        return _FEW_OWN if self.is_own else FEW


def read_roles(folder: Path, on_disk: Set[str], errors: list[str], warnings: list[str]) -> Roles:
    """Reads the label files; a category in two of them keeps the first role.

    Args:
        folder: The data folder.
        on_disk: The categories of which there is anything.
        errors: Gets a sentence for each thing that stops training, or makes its figures wrong.
        warnings: Gets one for each that is probably not meant.
    """
    if not on_disk:
        errors.append("There is no photos/<category>/ and no sketches/<category>/ with pictures: put them there.")
    is_own = bool(on_disk) and not (folder / LISTS["seen"]).exists()
    if is_own:
        seen = LISTS["seen"]
        warnings.append(f"There is no {seen}: a run with --start_from teaches all categories, one without needs it.")
    roles = _listed(folder, {**_OPTIONAL, "seen": ""} if is_own else _OPTIONAL, errors, warnings, is_own)
    _check_names(roles, on_disk, is_own, errors, warnings)
    if is_own:
        roles |= dict.fromkeys(on_disk - {*roles}, "seen")
    seen_count = sum(role == "seen" for role in roles.values())
    if seen_count == 0 and is_own:
        errors.append("All categories are in val_labels.txt or test_labels.txt: leave one to be taught.")
    if seen_count == 1 and not is_own:
        errors.append(f"{LISTS['seen']} has one category: give two to tell apart, or teach it with --start_from.")
    return Roles(roles, is_own)


def _listed(
    folder: Path, optional: dict[str, str], errors: list[str], warnings: list[str], is_own: bool
) -> dict[str, str]:
    roles: dict[str, str] = {}
    for role, file in LISTS.items():
        if role in optional and not (folder / file).exists():
            if not is_own:
                warnings.append(f"There is no {file}: {optional[role]}.")
            continue
        try:
            labels = read_labels(folder / file)
        except (FileNotFoundError, ValueError) as error:
            errors.append(str(error))
            continue
        for name in labels:
            if name in roles:
                errors.append(f"{name!r} is in {LISTS[roles[name]]} and in {file}: take it out of one of them.")
            roles.setdefault(name, role)
    return roles


def _check_names(
    roles: dict[str, str], on_disk: Set[str], is_own: bool, errors: list[str], warnings: list[str]
) -> None:
    unused = sorted(on_disk - {*roles})
    for name in sorted({*roles} - on_disk):
        close = get_close_matches(name, unused, n=1)
        hint = f"; is it the folder {close[0]!r}?" if close else "; add it, or take it out of the list."
        errors.append(f"{name!r} is in {LISTS[roles[name]]} but has neither sketches nor photos{hint}")
    if unused and not is_own:
        verb = "is" if len(unused) == 1 else "are"
        what = amount(len(unused), "category", "categories")
        warnings.append(f"{what} {verb} in no label file and not used: {some(unused)}.")
    alike: dict[str, list[str]] = defaultdict(list)
    for name in sorted(on_disk):
        alike[name.casefold()].append(name)
    same = [" and ".join(map(repr, names)) for names in alike.values() if len(names) > 1]
    if same:
        warnings.append(f"Names that differ in capitals alone are categories of their own: {some(same)}.")
