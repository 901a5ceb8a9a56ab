"""Bytes to text, whatever the answer says of itself."""

from __future__ import annotations

import codecs
import re

_DECLARED = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ALSO_CALLED = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252",
                "us-ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
                "ks_c_5601-1987": "cp949", "euc-kr": "cp949"}  # fmt: skip
"""Browsers read these labels as the larger set, and pages rely on it."""

_SCRIPTS = ["cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874", "cp932", "euc_jp", "gb18030",
            "big5", "cp949"]  # fmt: skip
_LOOKED_AT = 100_000
_WORDLESS = re.compile(
    rb"<(?:script|style)\b.*?</(?:script|style)\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE
)
_IN_A_ROW = re.compile(rb"[\xb0-\xff]{3,}|(?:[\x81-\x9f\xe0-\xef][\x40-\xfc]){3,}")
"""Letters of another script: Western languages have no three such in a row."""


def decoded(body: bytes, mime: str) -> str:
    """The text of `body`; bytes that cannot be read in its encoding become U+FFFD.

    A byte order mark decides; then UTF-8 where all of the bytes are UTF-8 (text of another encoding
    is so by chance only when it is ASCII); then what the header, then what the page declares. Where
    neither says so truly, letters of another script are told by their frequencies, a guess; all
    else is read as Western European.

    >>> decoded("5 µmol/l".encode(), "text/html; charset=iso-8859-1")
    '5 µmol/l'
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace").removeprefix("\ufeff")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode(_declared(body, mime), "replace")


def _declared(body: bytes, mime: str) -> str:
    in_page = _META.search(body[:4096])
    named = [found[1] for found in [_DECLARED.search(mime)] if found]
    if in_page:
        named.append((in_page[1] or in_page[2]).decode("ascii", "replace"))
    for label in named:
        name = _ALSO_CALLED.get(label.lower(), label)
        try:
            if codecs.lookup(name)._is_text_encoding and name.lower() not in ("utf-8", "utf8"):
                return name
        except LookupError:
            continue
    # Declared as UTF-8 and nearly so: a cut character must not turn the page into another script.
    broken = body.decode("utf-8", "replace").count("\ufffd")
    if broken * 50 < sum(byte > 127 for byte in body[:100_000]) + 1:
        return "utf-8"
    return _guessed(body)


def _guessed(body: bytes) -> str:
    """The encoding of a page that does not say it, or says it wrongly."""
    words = _WORDLESS.sub(b" ", body[:_LOOKED_AT])
    high = sum(byte > 127 for byte in words)
    in_a_row = sum(map(len, _IN_A_ROW.findall(words)))
    if not in_a_row or 2 * in_a_row < high:
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(words, cp_isolation=_SCRIPTS).best()
    return "cp1252" if best is None else best.encoding
