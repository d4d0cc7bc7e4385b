"""`amp annotate`: the same exchange at other rates, formats and centres gives the same frames at the same places."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import sigmf
from scipy.io import wavfile

from testbed.annotate.channel import searched_offset
from testbed.annotate.decode import Decoder
from testbed.annotate.source import Source
from testbed.capture import CaptureError, Recording, open_capture
from testbed.capture.foreign import open_foreign
from testbed.capture.iq_format import FORMATS
from testbed.cli import main
from tests.conftest import ROOT
from tests.testbed.air_recording import CARRIER_HZ, CLOCK_PPM, PROFILE, RATE, air, recorded

GOLDEN = sorted((ROOT / "tests" / "golden" / "recordings").glob("*.sigmf-meta"))
TOLD_ONLY = ("ul-mono", "ul-bistatic")
"""Backscatter needs the excitation that it reflects, to the sample."""
TELLING = [path for path in GOLDEN if not path.stem.endswith("-clean") and not path.stem.startswith(TOLD_ONLY)]
CHIP_NS = 2000  # of the exchange's sync words and its 250 kb/s data, down; 1000 up
OF_A_CHIP = 0.05
OTHERS = [
    {"datatype": "ci16_le"},
    {"rate_sps": 25_000_000, "offset_hz": 1.5e6},
    {"rate_sps": 30_720_000, "offset_hz": -4.2e6, "datatype": "ci16_be"},
    {"rate_sps": 61_440_000, "offset_hz": 11.3e6, "datatype": "ci8"},
    {"rate_sps": 12_500_000, "offset_hz": 0.3e6, "datatype": "cu8"},
]

Found = list[tuple[str, bytes, float, list[tuple[str, float, float]]]]


def quiet(*_: object) -> None:
    """Take progress."""


def decoded(recording: Recording, offset_hz: float, thorough: bool = False) -> Found:
    """Return kind, PSDU, start in ns, and each field's name and edges in ns."""
    rate = recording.sample_rate_sps / 1e9
    receptions = Decoder(recording, PROFILE, offset_hz, thorough=thorough).decode(quiet).receptions
    for each in receptions:  # what the tag's own oscillators do is measured the same at any rate
        if not each.rxvector.kind.is_downlink and recording.expected is None:
            assert each.rxvector.clock_ppm == pytest.approx(CLOCK_PPM, abs=20)
            assert each.rxvector.cfo_hz == pytest.approx(CARRIER_HZ, abs=300)
    return [
        (
            each.rxvector.kind.name,
            each.psdu,
            each.rxvector.start_sample / rate,
            [(part.name, part.start_sample / rate, part.stop_sample / rate) for part in each.fields],
        )
        for each in receptions
    ]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return decoded(recorded(tmp_path_factory.mktemp("air") / "reference"), 0.0)


def test_everything_that_was_sent_is_found_where_it_was_sent(reference: Found) -> None:
    _, sent = air()
    assert [psdu for _, psdu, _, _ in reference] == [each.psdu for each in sent]
    for (_, _, start_ns, _), each in zip(reference, sent, strict=True):
        assert abs(start_ns - each.start_s * 1e9) <= OF_A_CHIP * CHIP_NS / 2


@pytest.mark.parametrize("made", OTHERS, ids=lambda made: "-".join(str(value) for value in made.values()))
def test_another_rate_centre_or_format_is_annotated_identically(
    made: dict[str, object], reference: Found, tmp_path: Path
) -> None:
    """The same frames, the same fields, every edge within a twentieth of a chip."""
    found = decoded(recorded(tmp_path / "other", **made), float(made.get("offset_hz", 0.0)))  # type: ignore[arg-type]
    assert [(kind, psdu) for kind, psdu, _, _ in found] == [(kind, psdu) for kind, psdu, _, _ in reference]
    for (_, _, start, fields), (_, _, start_before, before) in zip(found, reference, strict=True):
        assert [name for name, _, _ in fields] == [name for name, _, _ in before]
        assert abs(start - start_before) <= OF_A_CHIP * CHIP_NS
        for (_, begin, end), (_, begin_before, end_before) in zip(fields, before, strict=True):
            assert max(abs(begin - begin_before), abs(end - end_before)) <= OF_A_CHIP * CHIP_NS


@pytest.mark.parametrize("made", [OTHERS[1], OTHERS[2]])
def test_a_centre_that_nobody_tells_is_found(made: dict[str, object], tmp_path: Path) -> None:
    """By the preamble's own frequency, to a few hundred hertz where the channel is 20 MHz wide."""
    recording = recorded(tmp_path / "lost", told=False, **made)  # type: ignore[arg-type]
    offset_hz, by = searched_offset(recording, PROFILE, quiet)
    assert by == "preambles" and offset_hz == pytest.approx(made["offset_hz"], abs=500)


def test_a_tag_alone_is_found_by_its_carrier(tmp_path: Path) -> None:
    """Without a downlink the strongest line is all there is: the frames come out, counted from the tag's carrier."""
    path = ROOT / "tests" / "golden" / "recordings" / "ul-active-250k-worst.sigmf-meta"
    recording = open_capture(path)
    offset_hz, by = searched_offset(recording, PROFILE, quiet)
    assert by == "a carrier"
    assert [psdu for _, psdu, _, _ in decoded(recording, offset_hz)] == list(recording.expected or ())


@pytest.mark.parametrize("path", TELLING, ids=lambda path: path.stem)
def test_golden_recordings_say_what_is_in_them(path: Path) -> None:
    """At their bar, under the worst clocks and carriers, cut short: what must come out does, and no more."""
    recording = open_capture(path)
    found = Decoder(recording, PROFILE, 0.0, sub1ghz="sub1ghz" in path.stem).decode(quiet).receptions
    assert sorted(each.psdu for each in found) == sorted(recording.expected or ())


def test_the_gate_loses_nothing_that_a_search_of_everything_finds(reference: Found, tmp_path: Path) -> None:
    recording = recorded(tmp_path / "air")
    assert decoded(recording, 0.0, thorough=True) == reference


def test_any_stretch_is_the_same_read_alone(tmp_path: Path) -> None:
    """Resampled and shifted samples do not depend on where reading began."""
    source = Source(recorded(tmp_path / "air", rate_sps=30_720_000), 20_000_000, 1.1e6)
    whole = source.read(0, source.samples)
    assert whole.size == source.samples
    for start, count in ((0, 1000), (12_345, 7), (source.samples - 50, 500), (77_777, 40_000)):
        piece = source.read(start, count)
        assert np.abs(piece - whole[start : start + count]).max() < 1e-4


def test_resampling_keeps_a_tone(tmp_path: Path) -> None:
    """A tone of the recording is the same tone at the other rate, at the same phase: truth from its formula."""
    rate, tone_hz = 30_720_000, 2_345_678.0
    samples = np.exp(2j * np.pi * tone_hz / rate * np.arange(60_000)).astype(np.complex64)
    (tmp_path / "tone.sigmf-data").write_bytes(samples.tobytes())
    document = {"global": {"core:datatype": "cf32_le", "core:sample_rate": rate, "core:version": "1.2.0"},
                "captures": [{"core:sample_start": 0}], "annotations": []}  # fmt: skip
    (tmp_path / "tone.sigmf-meta").write_text(json.dumps(document))
    got = Source(open_capture(tmp_path / "tone"), 20_000_000, 345_678.0).read(5000, 20_000)
    wanted = np.exp(2j * np.pi * 2e6 / 20e6 * np.arange(5000, 25_000))
    assert np.abs(got - wanted).max() < 2e-3


def digest(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def test_the_source_stays_as_it_is_and_the_new_recording_is_valid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """New metadata beside it, data linked; labels short, comments with the frame, a box in frequency; valid SigMF."""
    recorded(tmp_path / "air", rate_sps=25_000_000, offset_hz=1.5e6)
    before = digest(tmp_path)
    assert main(["annotate", str(tmp_path / "air.sigmf-meta"), "--json", "--frames", str(tmp_path / "f.pcapng")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert before.items() <= digest(tmp_path).items()
    new = sigmf.fromfile(str(tmp_path / "air.annotated.sigmf-meta"))
    new.validate()
    whole = [each for each in new.get_annotations() if "amp:psdu_hex" in each]
    _, sent = air()
    assert [bytes.fromhex(each["amp:psdu_hex"]) for each in whole] == [each.psdu for each in sent]
    assert len(told["frames"]) == len(sent) and told["offset_hz"] == pytest.approx(1.5e6)
    for each, frame in zip(whole, sent, strict=True):
        assert len(each["core:label"]) <= 20 and each["core:label"] in each["core:comment"]
        assert ("AP →" if frame.downlink else "→ AP") in each["core:comment"]
        middle = (each["core:freq_lower_edge"] + each["core:freq_upper_edge"]) / 2
        assert middle == pytest.approx(2_437_000_000 + (0 if frame.downlink else CARRIER_HZ), abs=2000)
        assert each["core:sample_start"] == pytest.approx(frame.start_s * 25e6, abs=3)
    assert np.array_equal(new.read_samples(0, 64), sigmf.fromfile(str(tmp_path / "air.sigmf-meta")).read_samples(0, 64))


def test_in_place_and_again(tmp_path: Path) -> None:
    """--in-place replaces the metadata alone; a second time changes nothing; other annotations stay."""
    recorded(tmp_path / "air")
    meta = tmp_path / "air.sigmf-meta"
    document = json.loads(meta.read_text())
    document["annotations"] = [{"core:sample_start": 5, "core:sample_count": 7, "core:label": "mine"}]
    meta.write_text(json.dumps(document))
    samples = (tmp_path / "air.sigmf-data").read_bytes()
    assert main(["annotate", str(meta), "--in-place", "-q"]) == 0
    once = meta.read_text()
    assert main(["annotate", str(meta), "--in-place", "-q"]) == 0
    assert meta.read_text() == once and (tmp_path / "air.sigmf-data").read_bytes() == samples
    assert sum(each.get("core:label") == "mine" for each in json.loads(once)["annotations"]) == 1
    assert main(["annotate", str(meta), "-q"]) == 0
    assert main(["annotate", str(meta), "-q"]) == 2, "an annotated recording is not overwritten"


def test_archives_are_read_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An archive of the official library's is read; ours is read by it, valid, samples and annotations in it."""
    recorded(tmp_path / "air", datatype="ci16_le")
    theirs, ours = tmp_path / "theirs.sigmf", tmp_path / "ours.sigmf"
    sigmf.fromfile(str(tmp_path / "air.sigmf-meta")).archive(str(theirs))
    assert main(["annotate", str(theirs), "--out", str(ours), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["frames"]) == len(air()[1])
    back = sigmf.fromarchive(str(ours))
    back.validate()
    original = sigmf.fromfile(str(tmp_path / "air.sigmf-meta"))
    assert np.array_equal(back.read_samples(1000, 50), original.read_samples(1000, 50))
    assert sum("amp:psdu_hex" in each for each in back.get_annotations()) == len(air()[1])
    assert np.array_equal(open_capture(ours).read(1000, 50), open_capture(tmp_path / "air").read(1000, 50))
    with tarfile.open(ours) as tar:
        assert {member.mtime for member in tar} == {0}
    assert main(["annotate", str(ours), "--in-place", "-q"]) == 2


def files(folder: Path) -> dict[str, list[str]]:
    """Write the exchange as files of other programs; return the options that each needs."""
    samples, _ = air()
    samples.tofile(folder / "a.cfile")
    np.save(folder / "b.npy", samples)
    pairs = np.round(np.stack((samples.real, samples.imag), 1) * 4096).astype(np.int16)
    np.save(folder / "c.npy", pairs)
    wavfile.write(folder / "d.wav", RATE, pairs)
    pairs.astype(">i2").tofile(folder / "e.bin")
    rate = ["--rate-sps", str(RATE)]
    return {"a.cfile": rate, "b.npy": rate, "c.npy": rate, "d.wav": [], "e.bin": [*rate, "--datatype", "ci16_be"]}


def test_files_of_others_become_sigmf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every sample as it was, valid SigMF, as a pair of files and as an archive; and annotated as the SigMF one is."""
    samples, sent = air()
    for name, options in files(tmp_path).items():
        base = tmp_path / f"{name}-in"
        assert main(["import", str(tmp_path / name), *options, "--centre-hz", "2437e6", "--out", str(base), "-q"]) == 0
        sigmf.fromfile(f"{base}.sigmf-meta").validate()
        read = open_capture(base).read()
        assert read.size == samples.size
        scale = 1 if name < "c" else 8  # 4096 of 32768
        assert np.abs(read * scale - samples).max() < (1e-7 if name < "c" else 2e-4)
    archive = tmp_path / "z.sigmf"
    assert main(["import", str(tmp_path / "a.cfile"), "--rate-sps", str(RATE), "--out", str(archive), "-q"]) == 0
    sigmf.fromarchive(str(archive)).validate()
    capsys.readouterr()
    assert main(["annotate", str(tmp_path / "d.wav"), "--offset", "search", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [bytes.fromhex(each["psdu"]) for each in told["frames"]] == [each.psdu for each in sent]


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.bin", b"1234567890", ["--rate-sps", "1e6"]),
        ("a.cfile", b"", ["--rate-sps", "1e6"]),
        ("a.cfile", b"12345678" * 9, []),
        ("a.cfile", b"12345678" * 9, ["--rate-sps", "0.5"]),
        ("a.cfile", b"12345678" * 9, ["--rate-sps", "nan"]),
        ("a.cfile", b"12345678" * 9, ["--rate-sps", "1e6", "--datatype", "ci17"]),
        ("a.npy", b"\x93NUMPY\x01\x00nonsense", ["--rate-sps", "1e6"]),
        ("a.wav", b"RIFF1234WAVE", []),
        ("a.sigmf", b"no tar at all", []),
        ("missing.cfile", None, ["--rate-sps", "1e6"]),
    ],
)
def test_what_is_no_recording_is_refused_in_words(
    name: str, content: bytes | None, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert main(["annotate", str(path), *options, "-q"]) == 2
    assert "fix:" in capsys.readouterr().err


@pytest.mark.parametrize("octets", [8, 64, 80_000, 800_000])
def test_noise_and_garbage_give_no_frames_and_no_fault(octets: int, tmp_path: Path) -> None:
    """Random octets as floats: NaN, infinities, numbers beyond all measure; and a recording of one sample."""
    rng = np.random.default_rng(octets)
    (tmp_path / "noise.cfile").write_bytes(rng.integers(0, 256, octets, np.uint8).tobytes())
    assert main(["annotate", str(tmp_path / "noise.cfile"), "--rate-sps", "25e6", "-q"]) == 0
    assert not [each for each in sigmf.fromfile(str(tmp_path / "noise.annotated.sigmf-meta")).get_annotations()]


def test_every_format_of_sigmf_is_read_as_the_official_library_reads_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for datatype, form in FORMATS.items():
        kind = np.dtype(form.component)
        if kind.kind in "iu":
            limits = np.iinfo(kind)
            values = rng.integers(limits.min, limits.max, 200, dtype=kind.newbyteorder("="), endpoint=True)
        else:
            values = rng.standard_normal(200)
        base = tmp_path / datatype
        base.with_name(base.name + ".sigmf-data").write_bytes(values.astype(kind).tobytes())
        document = {"global": {"core:datatype": datatype, "core:sample_rate": 1e6, "core:version": "1.2.0"},
                    "captures": [{"core:sample_start": 0}], "annotations": []}  # fmt: skip
        base.with_name(base.name + ".sigmf-meta").write_text(json.dumps(document))
        theirs = sigmf.fromfile(str(base.with_name(base.name + ".sigmf-meta"))).read_samples()
        offset = (0.5 + 0.5j) / form.unit if form.zero else 0  # the middle of an unsigned code: half a step between us
        assert np.allclose(open_capture(base).read() - offset, theirs, atol=2e-6 + abs(offset)), datatype


def test_a_wrong_type_of_pickled_array_is_not_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "evil.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(CaptureError):
        open_foreign(tmp_path / "evil.npy")
