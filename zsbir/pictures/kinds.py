"""What a file is: a picture, or something else that has a name for people; told by its ending, else by its first bytes.

A file that is called as pictures are is taken for one, and whoever opens it says what is wrong with it. What is known
to be something else is not even opened, as it may lie far away. Of all others the first bytes decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from zsbir.sentences import some

PICTURE = "a picture"
OTHER = "an other file"
FOLDER = "a folder"
FOLDER_LINK = "a link to a folder"
OUTWARD_LINK = "a link that leads out of the folder"
LOST_LINK = "a link that leads nowhere"
UNREADABLE = "a file or folder that cannot be read"
GALLERY = "a gallery"
HEAD = 64  # bytes that tell what a file is
PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".heif"}
)
ARCHIVE = "an archive"
UNREAD = "a picture of a kind that is not read"
_RAW, _VIDEO, _AUDIO, _PDF = "a RAW file", "a video", "an audio file", "a PDF"
ENDINGS = {
    _RAW: "3fr arw cr2 cr3 crw dcr dng erf fff iiq k25 kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srf srw x3f",
    _VIDEO: "3g2 3gp avi flv insv lrv m2ts m4v mkv mov mp4 mpeg mpg mts ogv ts vob webm wmv",
    _AUDIO: "aac aif aiff amr flac m4a mid midi mp3 oga ogg opus wav wma",
    _PDF: "pdf",
    "a document": "csv doc docx epub htm html json log md ndjson odp ods odt ppt pptx rtf tex txt url xls xlsx xml",
    UNREAD: "ai eps exr hdr ico j2k jp2 jxl kra pcx ppm psd svg tga wmf xcf",
    ARCHIVE: "7z bz2 cab gz iso jar rar tar tgz xz zip zst",
}
_KINDS = {f".{ending}": kind for kind, endings in ENDINGS.items() for ending in endings.split()}
_PLURALS = {
    **{kind: f"{kind.partition(' ')[2]}s" for kind in (_RAW, _VIDEO, _AUDIO, _PDF, ARCHIVE, "a document")},
    UNREAD: "pictures of kinds that are not read",
    OTHER: "other files",
    FOLDER: "folders",
    FOLDER_LINK: "links to folders",
    OUTWARD_LINK: "links that lead out of the folder",
    LOST_LINK: "links that lead nowhere",
    UNREADABLE: "files or folders that cannot be read",
    GALLERY: "galleries",
}
_STARTS = {
    b"\xff\xd8\xff": PICTURE,
    b"\x89PNG\r\n\x1a\n": PICTURE,
    b"GIF87a": PICTURE,
    b"GIF89a": PICTURE,
    b"FUJIFILMCCD-RAW": _RAW,
    b"FOVb": _RAW,
    b"IIU\0": _RAW,
    b"IIRO": _RAW,
    b"II*\0\x10\0\0\0CR": _RAW,
    b"II*\0": PICTURE,
    b"MM\0*": PICTURE,
    b"II+\0": PICTURE,
    b"MM\0+": PICTURE,
    b"%PDF-": _PDF,
    b"\x1a\x45\xdf\xa3": _VIDEO,
    b"\0\0\1\xba": _VIDEO,
    b"fLaC": _AUDIO,
    b"ID3": _AUDIO,
    b"OggS": _AUDIO,
    b"PK\x03\x04": ARCHIVE,
    b"7z\xbc\xaf\x27\x1c": ARCHIVE,
    b"Rar!": ARCHIVE,
    b"\x1f\x8b": ARCHIVE,
}
_RIFF = {b"WEBP": PICTURE, b"AVI ": _VIDEO, b"WAVE": _AUDIO}
_HEIF = {*(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1", b"avif", b"avis")}
_BMP_HEADERS = {12, 40, 52, 56, 64, 108, 124}  # bytes
HIDDEN = frozenset(
    {
        *("__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"),
        *("$recycle.bin", "system volume information", "lost+found"),
        *("@eadir", "@tmp", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@__thumb"),  # Synology and QNAP
        *("lost.dir", "found.000", "network trash folder", "thevolumesettingsfolder"),  # cameras, Windows, AppleShare
    }
)


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is none of its owner's: what systems and programs put beside theirs."""
    is_beside = name.startswith((".", "~$")) and name not in (".", "..")  # ~$: of a document that is open
    return is_beside or name.lower() in HIDDEN


def kind_of_name(name: str) -> str | None:
    """What a file is by its ending; None if only its first bytes can tell."""
    suffix = PurePath(name).suffix.lower()
    return PICTURE if suffix in PICTURE_SUFFIXES else _KINDS.get(suffix)


def kind_of_content(head: bytes) -> str:
    """What a file is that begins with these `HEAD` bytes, or with fewer if it has no more."""
    if head[4:8] == b"ftyp":
        return _kind_of_boxes(head)
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], OTHER)
    if head[:2] == b"BM":
        return PICTURE if int.from_bytes(head[14:18], "little") in _BMP_HEADERS else OTHER
    return next((kind for start, kind in _STARTS.items() if head.startswith(start)), OTHER)


def _kind_of_boxes(head: bytes) -> str:
    """HEIC, AVIF and videos are all made of boxes; the first one says what the others are."""
    length = int.from_bytes(head[:4], "big")
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, min(length, len(head)), 4))}
    if b"crx " in brands:
        return _RAW
    if brands & _HEIF:
        return PICTURE
    return _AUDIO if head[8:11] == b"M4A" else _VIDEO


def counted(kinds: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """One sentence a kind: how many files there are of it, and which, the first few of them."""
    return tuple(f"{_amount(kind, len(names))}: {some(names)}." for kind, names in kinds.items() if names)


def _amount(kind: str, count: int) -> str:
    return f"1 {kind.partition(' ')[2]}" if count == 1 else f"{count:,} {_PLURALS[kind]}"
