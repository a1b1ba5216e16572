"""A small reader of the PDF files that matplotlib writes: fonts and text by page, from the bytes alone."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

_STRING = re.compile(rb"\(((?:[^()\\]|\\.)*)\)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def objects(data: bytes) -> dict[int, bytes]:
    """Number → what stands between obj and endobj, streams unpacked."""
    found = {}
    for number, body in re.findall(rb"(\d+) 0 obj\s(.*?)endobj", data, re.DOTALL):
        head, mark, stream = body.partition(b"stream\n")
        if mark and b"FlateDecode" in head:
            body = head + zlib.decompress(stream)
        found[int(number)] = body
    return found


def pages(path: Path) -> list[str]:
    """The text of each page."""
    parts = objects(path.read_bytes())
    fonts = {
        name: _letters(parts[int(_reference(b"ToUnicode", parts[int(number)]))])
        for body in parts.values()
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", body)
    }
    kinds = [body for body in parts.values() if re.search(rb"/Type\s*/Page\b", body)]
    return [_text(parts[int(_reference(b"Contents", page))], fonts) for page in kinds]


def font_types(path: Path) -> set[str]:
    """Subtypes of the fonts: Type3 would be drawings of letters."""
    bodies = objects(path.read_bytes()).values()
    return {m.decode() for b in bodies for m in re.findall(rb"/Type\s*/Font\s*/Subtype\s*/(\w+)", b)}


def _reference(key: bytes, body: bytes) -> bytes:
    found = re.search(rb"/" + key + rb" (\d+) 0 R", body)
    assert found, key
    return found[1]


def _letters(cmap: bytes) -> dict[int, str]:
    letters = {}
    for first, _, targets in re.findall(rb"<(\w+)> <(\w+)> \[(.*?)\]", cmap, re.DOTALL):
        for k, target in enumerate(re.findall(rb"<(\w+)>", targets)):
            letters[int(first, 16) + k] = bytes.fromhex(target.decode()).decode("utf-16-be")
    return letters


def _text(content: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    """Letters in the order in which they are drawn; what begins anew is a line."""
    words, letters = "", dict[int, str]()
    tokens = re.compile(rb"/(F\d+) [\d.]+ Tf|" + _STRING.pattern + rb"|\b(BT)\b", re.DOTALL)
    for font, string, begin in tokens.findall(content):
        if begin:
            words += "\n"
        elif font:
            letters = fonts[font]
        else:
            raw = re.sub(rb"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), string, flags=re.DOTALL)
            codes = (int.from_bytes(raw[k : k + 2], "big") for k in range(0, len(raw), 2))
            words += "".join(letters[code] for code in codes)
    return words
