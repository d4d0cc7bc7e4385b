"""Labels from the printer to a photograph and back, and the verbs around them: amp tag, amp keys, amp provision."""

from __future__ import annotations

import json
import xml.etree.ElementTree
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from testbed.authority.label import LabelError, read_label, write_label
from testbed.cli import main

HASH = bytes(range(32))


@pytest.fixture
def label(tmp_path: Path) -> Path:
    write_label(tmp_path / "label.png", HASH, "sensor-1")
    return tmp_path / "label.png"


def test_what_was_printed_is_read(label: Path) -> None:
    """R2.31: the QR code says H(A_pubk), whole."""
    assert read_label(label) == HASH


def photographed(label: Path, degrees: float, scale: float, blur: float) -> Path:
    """The label on a grey table, turned, smaller, out of focus, as JPEG."""
    picture = Image.open(label)
    small = picture.resize((int(picture.width * scale), int(picture.height * scale)), Image.Resampling.BILINEAR)
    table = Image.new("L", (900, 900), 140)
    table.paste(small, ((900 - small.width) // 2, (900 - small.height) // 2))
    turned = table.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=140).filter(ImageFilter.GaussianBlur(blur))
    path = label.with_suffix(".jpg")
    turned.point(lambda value: 40 + value * 0.7).save(path, quality=60)
    return path


TAKEN = [(7, 0.8, 1.0), (-33, 1.1, 1.5), (90, 0.5, 0.8), (181, 0.9, 1.5)]


@pytest.mark.parametrize(("degrees", "scale", "blur"), TAKEN)
def test_a_photograph_is_read(label: Path, degrees: float, scale: float, blur: float) -> None:
    assert read_label(photographed(label, degrees, scale, blur)) == HASH


def test_svg_is_a_picture_with_the_name_on_it(tmp_path: Path) -> None:
    write_label(tmp_path / "label.svg", HASH, "a<b&c")
    tree = xml.etree.ElementTree.parse(tmp_path / "label.svg")
    assert any("a<b&c" in (text or "") for text in tree.getroot().itertext())


def test_no_code_a_foreign_code_two_tags_no_picture(label: Path, tmp_path: Path) -> None:
    """Each says what is wrong; nothing is guessed."""
    import segno

    blank = tmp_path / "blank.png"
    Image.new("L", (200, 200), 255).save(blank)
    segno.make_qr("https://example.org").save(str(tmp_path / "foreign.png"), scale=8)
    write_label(tmp_path / "other.png", bytes(32), "")
    both = Image.new("L", (1400, 700), 255)
    both.paste(Image.open(label), (0, 0))
    both.paste(Image.open(tmp_path / "other.png"), (700, 0))
    both.save(tmp_path / "both.png")
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(label.read_bytes()[:300])
    said = {"blank": "no QR code", "foreign": "no tag's", "both": "several", "text": "no picture"}
    for name, what in said.items():
        with pytest.raises(LabelError, match=what):
            read_label(tmp_path / f"{name}.png")
    for name in ("cut.png", "missing.png"):
        with pytest.raises(LabelError):
            read_label(tmp_path / name)
    with pytest.raises(LabelError, match="no kind"):
        write_label(tmp_path / "label.txt", HASH, "")


def amp(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> dict[str, object]:
    assert main([*map(str, arguments), "--json"]) == code
    document: dict[str, object] = json.loads(capsys.readouterr().out)
    return document


def test_from_the_factory_to_a_reading(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R2.9, R2.32: after the label was scanned nobody does anything; the server is beside the gateway (R2.22)."""
    files = ["--db", tmp_path / "as.sqlite", "--key-file", tmp_path / "as.key"]
    public = amp(capsys, "keys", "create", *files)["server_public"]
    amp(capsys, "keys", "gateway", "0a0b0c0d", "--secret-file", tmp_path / "gw", *files)
    made = amp(capsys, "tag", "make", "--name", "sensor", "--out", tmp_path, "--server-public", public)
    assert read_label(Path(str(made["label"]))).hex() == made["device"]
    provision = ["provision", "--qr", made["label"], "--tag", made["tag"], "--gateway", "0a0b0c0d", "--reading", "21C"]
    options = [*files, "-q", "--radio", "sim:"]
    assert amp(capsys, *provision, *options, "--out", tmp_path / "unknown", code=1)["readings"] == 0
    assert amp(capsys, "keys", "import", made["record"], *files) == {"imported": 1}
    assert amp(capsys, "keys", "import", made["record"], *files, code=2)["error"]
    done = amp(capsys, *provision, *options, "--out", tmp_path / "run")
    assert done["ok"] and done["readings"] == 1
    listed = amp(capsys, "keys", "list", *files)
    [device] = listed["devices"]  # type: ignore[misc]
    assert device["device"] == made["device"] and device["epoch"] == 1 and device["bound"] == 1
    tag = json.loads(Path(str(made["tag"])).read_text())
    for name in ("serial", "private", "psk", "z"):
        assert tag[name] not in json.dumps(listed)
        written = b"".join(path.read_bytes() for path in (tmp_path / "run").iterdir())
        assert tag[name].encode() not in written and bytes.fromhex(tag[name]) not in written
    for name in ("sensor.tag.json", "sensor.record.json", "as.key", "gw", "as.sqlite"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0, name


def test_callers_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ["--db", tmp_path / "as.sqlite", "--key-file", tmp_path / "as.key"]
    amp(capsys, "keys", "create", *files)
    amp(capsys, "keys", "create", *files, code=2)
    amp(capsys, "keys", "gateway", "xyz", "--secret-file", tmp_path / "gw", *files, code=2)
    amp(capsys, "keys", "export", tmp_path / "fleet.txt", *files, code=2)
    amp(capsys, "tag", "make", "--name", "a b", *files, code=2)
    amp(capsys, "tag", "make", code=2)
    amp(capsys, "as", *files, "--listen", "nowhere", code=2)
    amp(capsys, "as", *files, "--eap-server", "http://x", "--eap-secret-file", tmp_path / "as.key", code=2)
    amp(capsys, "as", "--db", tmp_path / "none.sqlite", "--key-file", tmp_path / "as.key", code=3)
    (tmp_path / "not.sqlite").write_text("not a database, but long enough to be taken for one" * 40)
    amp(capsys, "keys", "list", "--db", tmp_path / "not.sqlite", "--key-file", tmp_path / "as.key", code=3)
    (tmp_path / "wrong.key").write_bytes(bytes(32))
    amp(capsys, "keys", "list", "--db", tmp_path / "as.sqlite", "--key-file", tmp_path / "wrong.key", code=2)


def test_a_database_of_longer_hashes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the database was made for goes with its tags: S2-B under 16 octets of H(A_pubk)."""
    files = ["--db", tmp_path / "as.sqlite", "--key-file", tmp_path / "as.key"]
    amp(capsys, "keys", "create", "--hash-octets", 16, "--variant", "identity-hiding", *files)
    amp(capsys, "keys", "gateway", "0a0b0c0d", "--secret-file", tmp_path / "gw", *files)
    made = amp(capsys, "tag", "make", "--out", tmp_path, *files)
    provision = ["provision", "--qr", made["label"], "--tag", made["tag"], "--gateway", "0a0b0c0d", "--reading", "21C"]
    done = amp(capsys, *provision, *files, "-q", "--out", tmp_path / "run")
    assert done["ok"] and done["readings"] == 1 and done["security"]["hash_octets"] == 16  # type: ignore[index]
