"""Experiment files: what a good one comes to, and what is said about a bad one (issue item 9, cli.md)."""

from __future__ import annotations

import contextlib
import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.profile import load_profile
from testbed.experiment import Experiment, ExperimentError, experiment_of, load_experiment
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"
SCRAPS = st.sampled_from(["", '"', "[", "]]", "=", "\n", "0", "-", "{", "\x00", "é", ".", "#"])
PSK = "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef"


def from_text(text: str, folder: Path = Path(), **options: object) -> Experiment:
    """Load ``text`` as if it stood in ``folder``."""
    return experiment_of(text, folder / "bench.toml", **options)  # type: ignore[arg-type]


def refusal(text: str, folder: Path = Path(), **options: object) -> ExperimentError:
    """Return what is said about a bad ``text``."""
    with pytest.raises(ExperimentError) as caught:
        from_text(text, folder, **options)
    return caught.value


def test_demo_example_is_complete() -> None:
    """Issue item 9: an example ships; flow 4, three readings and three commands from the CSV, in SI units."""
    demo = load_experiment(EXAMPLES / "demo.toml")
    assert (demo.name, demo.security.amp.flow, demo.security.variant, demo.radio) == ("demo", 4, "hardened", "zmq:")
    assert demo.tags[0].readings == (b"t=21.5C rh=41%", b"t=21.7C rh=41%", b"t=21.6C rh=42%")
    assert demo.ap.commands == (b"led on", b"sample every 60 s", b"led off")
    assert (demo.ap.downlink_rate_bps, demo.ap.uplink_rate_bps, demo.rounds) == (250_000, 250_000, 3)
    assert demo.ap.address == bytes.fromhex("02a450000001") and demo.tags[0].station_id == 0x0234
    assert len(demo.tags[0].psk) == 32
    assert demo.max_air_time_ns == 1_000_000_000


def test_minimal_example_has_defaults_for_everything() -> None:
    """A minimal file works: identities are drawn from the seed, valid on the air and apart."""
    minimal = load_experiment(EXAMPLES / "minimal.toml")
    ap, tag = minimal.ap, minimal.tags[0]
    assert ap.station_id != tag.station_id
    for station_id in (ap.station_id, tag.station_id):
        assert 0 <= station_id < 0xFFFF and station_id & 0x3F != 63
    for address in (ap.address, tag.address):
        assert len(address) == 6 and address[0] & 0x03 == 0x02
    assert (minimal.rounds, ap.commands, minimal.record.format) == (1, (), "cf32_le")


def test_empty_text_is_an_experiment() -> None:
    """Every key has a default; the name is the file's."""
    assert (from_text("").name, from_text("").profile.name) == ("bench", "11bp-2026.09")


def test_identities_follow_the_seed() -> None:
    """One seed gives the same identities and PSK, another gives others (architecture.md, randomness)."""
    first, again, other = (from_text("", seed=seed).tags[0] for seed in (1, 1, 2))
    assert (first.psk, first.address, first.station_id) == (again.psk, again.address, again.station_id)
    assert first.psk != other.psk and first.address != other.address


def test_spa_of_a_permanent_id() -> None:
    """Protocols page 1.1: SHA-256("AMP-SPA" ‖ permanent ID)[0:6], bit 1 of octet 0 set and bit 0 cleared."""
    address = from_text('[[tags]]\npermanent_id = "urn:epc:id:sgtin:0614141.112345.400"').tags[0].address
    digest = bytearray(hashlib.sha256(b"AMP-SPAurn:epc:id:sgtin:0614141.112345.400").digest()[:6])
    digest[0] = digest[0] & 0b11111100 | 0b10
    assert address == bytes(digest)


@pytest.mark.parametrize(
    ("text", "line", "path", "reason", "fix"),
    [
        ("[channel]\n\nuplink_snr_dbm = 3", 3, "channel.uplink_snr_dbm", "wrong unit dbm", "uplink_snr_db = a value"),
        ("[channel]\ndelay_us = 1.5", 2, "channel.delay_us", "in ns", "delay_ns = 1500"),
        ("max_air_time_ms = 250", 1, "max_air_time_ms", "in s", "max_air_time_s = 0.25"),
        ("[[tags]]\ncarrier_offset_mhz = 1.2", 2, "tags[0].carrier_offset_mhz", "in hz", "carrier_offset_hz = 1200000"),
        ("[channel]\nclock = 3", 2, "channel.clock", "no unit", "clock_ppm"),
        ("[ap]\nretrys = 3", 2, "ap.retrys", "unknown key", "did you mean retries?"),
        ("chanel.x = 3", 1, "chanel", "unknown key", "channel"),
        ("[record]\nzzz = 3", 2, "record.zzz", "unknown key", "iq, format"),
        ("[ap]\nuplink_rate_kbps = 4000", 2, "ap.uplink_rate_kbps", "4000", "250 or 1000"),
        ('[channel]\nmultipath = "F"', 2, "channel.multipath", "F", '"none" or "B" or "D"'),
        ('seed = "one"', 1, "seed", "expected int", "an integer"),
        ("[record]\niq = 1", 2, "record.iq", "expected bool", "true or false"),
        ("tags = 3", 1, "tags", "expected array", "a list"),
        ("seed = -1", 1, "seed", "not a seed", "from 0"),
        ("max_air_time_s = nan", 1, "max_air_time_s", "nan", "5.0"),
        ('radio = "pluto:usb:"', 1, "radio", "one radio", "?loopback"),
        ('radio = "zmq:tcp://127.0.0.1"', 1, "radio", "no radio", "5550"),
        ('radio = "zmq:tcp://127.0.0.1:65535"', 1, "radio", "six ports", "65530"),
        ('[security]\nsystem = "rsn"', 2, "security.system", "no security system", "amp, provisioning, aiot"),
        ('[security]\nvariant = "floor"', 2, "security.variant", "amp has no variant", "hardened, literal"),
        ("[security.amp]\nflow = 5", 2, "security.amp.flow", "5", "2 or 3 or 4"),
        ("[security.amp]\nflow = 2\npmk_update = 'wrap'", 3, "security.amp.pmk_update", "never authenticate", "3 or 4"),
        ("[security]\nsystem = 'aiot'\n[security.aiot]\npolicy = 128", 4, "security.aiot.policy", "128", "0 to 127"),
        ("[[tags]]\n[[tags]]\nname='b'", 2, "tags[1]", "one tag", "keep one"),
        ("[ap]\nstation_id = 127", 2, "ap.station_id", "6 LSB", "126"),
        ("[ap]\nstation_id = 0xFFFF", 2, "ap.station_id", "no assigned ID", "65534"),
        ("[ap]\nstation_id = 5\n[[tags]]\nstation_id = 5", 4, "tags[0].station_id", "AP's", "its own"),
        ("[ap]\nseed_index = 4", 2, "ap.seed_index", "0 … 3", "0 to 3"),
        ('[ap]\naddress = "02:00:00:00:00"', 2, "ap.address", "no EUI-48", "six octets"),
        ('[[tags]]\naddress = "03:00:00:00:00:01"', 2, "tags[0].address", "group address", "bit 0"),
        ("[[tags]]\nchip_clock_ppm = 10001", 2, "tags[0].chip_clock_ppm", "tolerance of 11bp-2026.09", "10000"),
        ("[channel]\nclock_ppm = -10001", 2, "channel.clock_ppm", "tolerance", "-10000"),
        ("[[tags]]\ncarrier_offset_hz = -2.5e6", 2, "tags[0].carrier_offset_hz", "1000 ppm", "2.44e+06"),
        ("[channel]\ndownlink_snr_db = inf", 2, "channel.downlink_snr_db", "inf", "100"),
        ("[channel]\ndelay_ns = -1", 2, "channel.delay_ns", "outside", "0"),
        ('profile = "11bp-1999.01"', 1, "profile", "11bp-1999.01", "amp profile"),
        ('[[tags]]\nname = "a b"', 2, "tags[0].name", "'a b'", "letters"),
        ('[[tags]]\nname = "../x"', 2, "tags[0].name", "'../x'", "letters"),
        ("[[tags]]\naddress='02:00:00:00:00:01'\npermanent_id='x'", 3, "tags[0].permanent_id", "beside", "keep one"),
        ('[[tags]]\npsk_file = "nowhere.key"', 2, "tags[0].psk_file", "nowhere.key", "path"),
        ('[[tags]]\nreadings_csv = "nowhere.csv"', 2, "tags[0].readings_csv", "no file", "path"),
        ('[[tags]]\nreadings_column = "x"', 2, "tags[0].readings_column", "no readings_csv", "readings_csv"),
        ('[[tags]]\nreadings = ["1"]\nreadings_csv = "r.csv"', 3, "tags[0].readings_csv", "both", "one"),
        ("[[tags]]\nreadings_stdin = true", 2, "tags[0].readings_stdin", "no standard input", "pipe"),
        ("seed = \n", 1, "", "not TOML", "correct the line"),
        ("[ap\n", 1, "", "not TOML", "correct the line"),
    ],
)
def test_bad_values_are_told_with_line_path_reason_and_fix(
    text: str, line: int, path: str, reason: str, fix: str
) -> None:
    """cli.md: an experiment file's mistake says file, line or path, reason and fix; the nearest key; the unit meant."""
    error = refusal(text)
    assert (error.line, error.path) == (line, path), error
    assert error.file == "bench.toml"
    assert reason in error.reason, error
    assert fix in error.fix, error
    assert f"bench.toml:{line}" in str(error)


def test_missing_file_and_foreign_bytes(tmp_path: Path) -> None:
    """A file that is not there, is a folder, is not text or is far too large: said, not raised as something else."""
    (tmp_path / "bin.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "huge.toml").write_bytes(b"#" * (2 << 20))
    for name in ("none.toml", ".", "bin.toml", "huge.toml"):
        with pytest.raises(ExperimentError) as caught:
            load_experiment(tmp_path / name)
        assert caught.value.fix


def test_lines_are_found_through_multi_line_values() -> None:
    """The line is right behind multi-line strings and lists that look like keys and tables."""
    text = '''
description_is_no_key = """
[ap]
retries = 3
"""
[channel]
'''
    assert refusal(text).line == 2
    text = 'name = """\n[ap]\nretries = "x"\n"""\n[[tags]]\nreadings = [\n  "a", # ]\n  "b=1",\n]\nreading = 3\n'
    error = refusal(text)
    assert (error.line, error.path) == (10, "tags[0].reading")
    error = refusal("[channel]\nclock_ppm = 1\n[ap]\nretries = 1\ncommands = [\n'a',\n3]\n")
    assert (error.line, error.path) == (5, "ap.commands[1]")


def test_overrides_replace_values_and_name_themselves() -> None:
    """--set key=value, --seed and --radio replace what the file says; a bad one is named in the complaint."""
    given = ["channel.uplink_snr_db=12", "tags[0].chip_clock_ppm=-500", "tags.0.name=rim", 'ap.commands=["x"]']
    plan = from_text("seed = 4", overrides=given, seed=9, radio="sim:")
    assert (plan.channel.uplink_snr_db, plan.tags[0].chip_clock_ppm, plan.tags[0].name) == (12.0, -500.0, "rim")
    assert (plan.seed, plan.radio, plan.ap.commands) == (9, "sim:", (b"x",))
    error = refusal("", overrides=["channel.delay_us=2"])
    assert error.file == "--set channel.delay_us=2" and "delay_ns = 2000" in error.fix
    for bad in ("channel", "=3", "tags.name=x", "tags[3].name=x", "seed.x.y=1", "[0]=3"):
        assert refusal("seed = 1\n[[tags]]", overrides=[bad]).file.startswith("--set")


def test_seed_and_radio_of_the_command_line_name_themselves() -> None:
    """What --seed and --radio gave is complained about as such, whatever characters it holds."""
    assert refusal("seed = 1", seed=-4).file == "--seed -4"
    error = refusal("", radio='x"y\\z')
    assert error.file == '--radio x"y\\z' and error.path == "radio"


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_any_text_is_an_experiment_or_told(data: st.DataObject) -> None:
    """However the demo's text is damaged, and whatever is set, what comes is an experiment or an ExperimentError."""
    text = (EXAMPLES / "demo.toml").read_text()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 6))
        text = text[:at] + data.draw(SCRAPS) + text[at + cut :]
    override = data.draw(st.text(alphabet="ap.tags[0]=1\"x_psk{}", max_size=12))
    with contextlib.suppress(ExperimentError):
        plan = experiment_of(text, EXAMPLES / "demo.toml", overrides=[override] if override else [])
        assert plan.rounds >= 1


def test_csv_and_standard_input(tmp_path: Path) -> None:
    """Readings come from a list, a CSV column (BOM, quotes) or standard input; paths are relative to the file."""
    (tmp_path / "r.csv").write_bytes('\ufefft,"reading, long"\n1,"a,b"\n2,ü\n'.encode())
    plan = from_text("[[tags]]\nreadings_csv='r.csv'\nreadings_column='reading, long'", tmp_path)
    assert plan.tags[0].readings == (b"a,b", "ü".encode())
    plan = from_text("[[tags]]\nreadings_stdin=true", stdin=io.StringIO("one\n\ntwo\r\n"))
    assert plan.tags[0].readings == (b"one", b"two")


@pytest.mark.parametrize(
    ("content", "column", "reason"),
    [
        (b"", "x", "is empty"),
        (b"a,b\n1,2\n", None, "2 columns"),
        (b"a,b\n1,2\n", "c", "no column c"),
        (b"a,b\n1,2\n3\n", "b", "row 2"),
        (b"a\n\xff\n", "a", "not UTF-8"),
        (b"a\n" + b"x" * 38 + b"\n", "a", "row 1"),
        (b"a\nshort\n" + b"y" * 100_000 + b"\n", "a", "row 2"),
        (b"a\n" + b"z\n" * 10_001, "a", "10000 rows"),
        (b'a\n"open\n', "a", "r.csv"),
    ],
)
def test_bad_csv_names_the_row(tmp_path: Path, content: bytes, column: str | None, reason: str) -> None:
    """A CSV that cannot be used names the row or column and keeps the work bounded."""
    (tmp_path / "r.csv").write_bytes(content)
    told = "" if column is None else f"\nreadings_column='{column}'"
    error = refusal(f"[[tags]]\nreadings_csv='r.csv'{told}", tmp_path)
    assert reason in error.reason and error.path == "tags[0].readings_csv" and error.line == 2


def test_octets_that_fit_follow_from_the_frame() -> None:
    """Protocols page 2.4: body 64 less shim 2; RESPONSE 25 + n, CONFIRM 10 + n, TRIGGER 30 + n octets of payload."""
    room = 64 - 2
    from_text(f'[[tags]]\nreadings = ["{"r" * (room - 25)}"]\n[ap]\ncommands = ["{"c" * (room - 10)}"]')
    from_text(f'[security.amp]\nflow = 2\n[ap]\ncommands = ["{"c" * (room - 30)}"]')
    error = refusal(f'[[tags]]\nreadings = ["ok", "{"r" * (room - 24)}"]')
    assert "item 2 of readings has 38 octets; a SEC-RESPONSE carries at most 37" in error.reason
    assert "SEC-CONFIRM carries at most 52" in refusal(f'[ap]\ncommands = ["{"c" * (room - 9)}"]').reason
    assert "SEC-TRIGGER carries at most 32" in refusal(
        f'[security.amp]\nflow = 2\n[ap]\ncommands = ["{"c" * (room - 29)}"]'
    ).reason


def test_psk_sources(tmp_path: Path) -> None:
    """The PSK comes in hex, from a file of hex or of 32 octets; anything else is refused without showing it."""
    (tmp_path / "hex.key").write_text(PSK.upper() + "\n")
    (tmp_path / "raw.key").write_bytes(bytes.fromhex(PSK))
    for source in (f"psk_hex='{PSK}'", "psk_file='hex.key'", "psk_file='raw.key'"):
        assert from_text(f"[[tags]]\n{source}", tmp_path).tags[0].psk == bytes.fromhex(PSK)
    for bad in (PSK[:-2], PSK[:-1], "g" * 64, PSK + "00"):
        error = refusal(f"[[tags]]\npsk_hex='{bad}'")
        assert error.path == "tags[0].psk_hex" and bad not in str(error) and bad not in repr(error)
    assert "both" in refusal(f"[[tags]]\npsk_hex='{PSK}'\npsk_file='hex.key'", tmp_path).reason


@pytest.mark.parametrize(
    "secret",
    [
        f'psk_hex = "{PSK}"',
        f"psk_hex='{PSK}'   # '{PSK}' again",
        f'"psk_hex" = """{PSK}"""',
        f"'psk_hex'='''{PSK}'''",
        f'psk_hex = "{PSK.upper()}"\n# the old one was {PSK}',
        'psk_hex = "' + "".join(f"\\u{ord(digit):04x}" for digit in PSK) + '"',
    ],
)
def test_no_secret_is_written_down(secret: str) -> None:
    """The PSK is in no repr, str, manifest or copy of the file, however the file spells it."""
    plan = from_text(f"name = 'x'\n[[tags]]\n{secret}\nchip_clock_ppm = 7\n")
    assert plan.tags[0].psk == bytes.fromhex(PSK)
    spelled = secret.split("=", 1)[1].strip(" \"'")[:60]
    for text in (repr(plan), str(plan), repr(plan.tags), str(plan.to_manifest()), plan.text):
        assert PSK.lower() not in text.lower() and spelled not in text
        assert str(bytes.fromhex(PSK)) not in text
    assert "chip_clock_ppm = 7" in plan.text and "redacted" in plan.text


def test_secret_in_an_inline_table_or_override_is_not_written_down() -> None:
    """Inline tables and --set texts are redacted too."""
    plan = from_text(f'tags = [{{name = "a", psk_hex = "{PSK}"}}]', overrides=[f"tags[0].psk_hex={PSK}"])
    assert plan.tags[0].psk == bytes.fromhex(PSK)
    assert PSK not in plan.text + str(plan.to_manifest()) + repr(plan)
    error = refusal("[[tags]]", overrides=[f"tags[0].psk_hex={PSK}00"])
    assert PSK not in str(error) and PSK not in repr(error.args)


def test_hash_is_of_the_file_as_given(tmp_path: Path) -> None:
    """The manifest's hash is what sha256sum says of the experiment file."""
    text = f'[[tags]]\npsk_hex = "{PSK}"\n'
    (tmp_path / "e.toml").write_text(text)
    assert load_experiment(tmp_path / "e.toml").sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_redacted_copy_still_loads_to_the_same_experiment() -> None:
    """The copy in a run folder is the experiment but for its PSK."""
    demo = load_experiment(EXAMPLES / "demo.toml")
    copy = demo.text.replace('"redacted"', f'"{PSK}"')
    again = experiment_of(copy, EXAMPLES / "demo.toml")
    assert again.to_manifest() == demo.to_manifest()


def test_profile_of_ones_own(tmp_path: Path) -> None:
    """A profile file beside the experiment is taken, and its numbers are the limits."""
    shipped = ROOT / "ampradio" / "profile" / f"{load_profile().name}.toml"
    (tmp_path / "mine.toml").write_text(shipped.read_text())
    plan = from_text('profile = "mine.toml"', tmp_path)
    assert plan.profile.uplink == load_profile().uplink
    assert plan.profile_source == str(tmp_path / "mine.toml")
    assert from_text("").profile_source == load_profile().name
