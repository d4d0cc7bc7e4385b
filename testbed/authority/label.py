"""A tag's label: the QR code that says H(A_pubk), with words for people, and reading it from a picture."""

from __future__ import annotations

import io
import re
from pathlib import Path
from xml.sax.saxutils import escape

import segno

PREFIX = "AMP:"
HASH_OCTETS = 32
CODE = re.compile(re.escape(PREFIX) + r"([0-9A-F]{64})", re.IGNORECASE)
MODULE_PIXELS = 10
BORDER_MODULES = 4
TEXT_PIXELS = 40
PIXELS_MAX = 64_000_000


class LabelError(Exception):
    """A label cannot be made, or not be read; ``fix`` says what to do."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix


def write_label(path: Path, device_hash: bytes, name: str) -> None:
    """Write a label as PNG or SVG, by the file's name; raises ``LabelError``."""
    code = segno.make_qr(PREFIX + device_hash.hex().upper(), error="q")
    caption = f"{name}  {device_hash.hex()[:16]}" if name else device_hash.hex()[:32]
    writers = {".png": _png, ".svg": _svg}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise LabelError(f"{path.name} is no kind of label", "name it .png or .svg")
    try:
        path.write_bytes(writer(code, caption))
    except OSError as error:
        raise LabelError(f"{path} cannot be written: {error.strerror}", "choose another place") from None


def read_label(path: Path) -> bytes:
    """Return the H(A_pubk) that the one tag's label in a picture says; raises ``LabelError``."""
    import zxingcpp
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    try:
        with Image.open(path) as picture:
            codes = zxingcpp.read_barcodes(picture.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError):
        raise LabelError(f"{path} is no picture that can be read", "give a PNG or JPEG of the label") from None
    except OSError as error:
        raise LabelError(f"{path} cannot be read: {error.strerror or error}", "give a PNG or JPEG") from None
    found = {match[1].lower() for code in codes if (match := CODE.fullmatch(code.text))}
    if len(found) != 1:
        what = "several tags' labels" if found else "QR codes, but no tag's" if codes else "no QR code"
        raise LabelError(f"{path} shows {what}", "take the picture of one label, sharp and whole")
    return bytes.fromhex(found.pop())


def _png(code: segno.QRCode, caption: str) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    drawn = io.BytesIO()
    code.save(drawn, kind="png", scale=MODULE_PIXELS, border=BORDER_MODULES)
    picture = Image.open(drawn).convert("L")
    label = Image.new("L", (picture.width, picture.height + TEXT_PIXELS), 255)
    label.paste(picture, (0, 0))
    middle = (label.width / 2, picture.height + TEXT_PIXELS / 4)
    ImageDraw.Draw(label).text(middle, caption, fill=0, font=ImageFont.load_default(18), anchor="mm")
    out = io.BytesIO()
    label.save(out, "PNG", dpi=(300, 300))
    return out.getvalue()


def _svg(code: segno.QRCode, caption: str) -> bytes:
    size = code.symbol_size(scale=MODULE_PIXELS, border=BORDER_MODULES)[0]
    drawn = code.svg_inline(scale=MODULE_PIXELS, border=BORDER_MODULES, light="white")
    text = f'<text x="{size / 2}" y="{size + TEXT_PIXELS / 2}" text-anchor="middle" font-size="18" '
    text += f'font-family="sans-serif">{escape(caption)}</text>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size + TEXT_PIXELS}">'
    return f'{head}<rect width="100%" height="100%" fill="white"/>{drawn}{text}</svg>\n'.encode()
