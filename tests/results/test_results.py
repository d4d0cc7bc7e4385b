"""`amp results`: what runs left, asked in SQL."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path

import duckdb
import pytest

from testbed.cli import main
from testbed.experiment import experiment_of
from testbed.results.library import Library
from testbed.results.parquet import RESULTS
from testbed.run_folder import RunFolder
from tests.conftest import ROOT

MINIMAL = str(ROOT / "examples" / "minimal.toml")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, of which the later failed, and a sweep."""
    root = tmp_path_factory.mktemp("runs")
    assert main(["run", MINIMAL, "--radio", "sim:", "--out", str(root / "a"), "-q"]) == 0
    failed = ["--set", "channel.uplink_snr_db=-25", "--set", "ap.retries=0", "--seed", "9"]
    assert main(["run", MINIMAL, "--radio", "sim:", "--out", str(root / "b"), "-q", *failed]) == 1
    sweep = ["--over", "ap.uplink_rate_kbps=250,1000", "--runs", "1", "--workers", "1"]
    assert main(["sweep", MINIMAL, *sweep, "--out", str(root / "more" / "swept"), "-q"]) == 0
    return root


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    capsys.readouterr()
    assert main(["results", *arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


def test_rows_say_what_the_run_said(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The figures are those of `amp run --json` of the same seed; cli.md: with --last one object with `run_folder`."""
    assert main(["run", MINIMAL, "--radio", "sim:", "--out", str(tmp_path / "again"), "-q", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    row = asked(capsys, str(tmp_path), "--last")
    assert (row["run_folder"], row["ok"], row["seed"]) == (str(tmp_path / "again"), True, told["seed"])
    for each in ("downlink", "uplink"):
        assert row[f"messages_{each}"] == told["messages"][each]
        assert row[f"octets_{each}"] == told["octets"][each]
        assert row[f"air_time_{each}_ns"] == told["air_time_ns"][each]
        assert row[f"snr_{each}_db"] == pytest.approx(told["snr_db"][each], abs=0.006)
    assert row["handshake_air_ns"] == told["handshakes"][0]["air_ns"] and row["elapsed_ns"] == told["elapsed_ns"]
    assert (row["readings"], row["retries"], row["placeholders"]) == (1, 0, len(told["placeholders"]))


def test_questions_in_sql(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Runs, frames, events and points, joined; what `[channel]` said is in the experiment."""
    question = "SELECT ok, experiment->>'$.channel.uplink_snr_db' AS snr FROM runs ORDER BY folder"
    assert asked(capsys, str(runs), "--sql", question)["rows"] == [
        {"ok": True, "snr": "30.0"}, {"ok": False, "snr": "-25.0"},
    ]  # fmt: skip
    lines = [json.loads(line) for line in (runs / "a" / "events.jsonl").read_text().splitlines()]
    sent = [[line["name"], line["octets"]] for line in lines if line["kind"] == "tx"]
    question = "SELECT name, octets FROM frames WHERE kind = 'tx' AND folder LIKE '%/a' ORDER BY t_ns"
    assert [list(row.values()) for row in asked(capsys, str(runs), "--sql", question)["rows"]] == sent  # type: ignore[attr-defined]
    question = "SELECT count(*) AS n FROM events JOIN runs USING (folder) WHERE runs.ok"
    assert asked(capsys, str(runs), "--sql", question)["rows"] == [{"n": len(lines)}]
    question = 'SELECT "values"->>\'$."ap.uplink_rate_kbps"\' AS rate, trials FROM points ORDER BY point'
    assert asked(capsys, str(runs), "--sql", question)["rows"] == [
        {"rate": "250", "trials": 1}, {"rate": "1000", "trials": 1},
    ]  # fmt: skip


def test_csv_holds_the_same_rows(runs: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    assert main(["results", str(runs), "--csv", str(file), "-q"]) == 0
    with file.open(newline="") as stream:
        assert [(row["state"], row["ok"]) for row in csv.DictReader(stream)] == [
            ("finished", "True"), ("finished", "False"),
        ]  # fmt: skip


def test_a_folder_moves_with_its_results(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The Parquet file alone says all, to DuckDB without us as well."""
    moved = tmp_path / "else where's"
    shutil.copytree(runs / "a", moved)
    before, after = (asked(capsys, str(each), "--last") for each in (runs / "a", moved))
    assert after.pop("run_folder") == str(moved) != before.pop("run_folder") and after == before
    question = (
        f"SELECT ok, sum(frame.octets) FROM (SELECT ok, unnest(frames) AS frame FROM '{runs}/a/{RESULTS}') GROUP BY ok"
    )
    [(ok, octets)] = duckdb.sql(question).fetchall()
    assert ok is True and octets > 0


def test_without_its_parquet_a_run_says_the_same(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that was killed has none; one may be damaged."""
    folder = tmp_path / "a"
    shutil.copytree(runs / "a", folder)
    whole = asked(capsys, str(folder), "--last")
    (folder / RESULTS).write_bytes((folder / RESULTS).read_bytes()[:-100])
    assert asked(capsys, str(folder), "--last") == whole
    (folder / RESULTS).unlink()
    assert asked(capsys, str(folder), "--last") == whole


def test_runs_that_did_not_end_are_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = RunFolder.create(experiment_of("[[tags]]\n", tmp_path / "none.toml"), out=tmp_path / "killed")
    with (
        pytest.raises(KeyboardInterrupt),
        RunFolder.create(experiment_of("[[tags]]\n", tmp_path / "none.toml"), out=tmp_path / "stopped"),
    ):
        raise KeyboardInterrupt
    question = "SELECT state, messages_uplink FROM runs ORDER BY state"
    assert asked(capsys, str(tmp_path), "--sql", question)["rows"] == [
        {"state": "interrupted", "messages_uplink": 0}, {"state": "running", "messages_uplink": 0},
    ]  # fmt: skip
    folder.fail("test")


def test_what_is_no_run_is_skipped_with_a_word(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(runs / "a", tmp_path / "good")
    for name, manifest in (
        ("foreign", '{"state": 3}'),
        ("torn", '{"sta'),
        ("odd", '{"state": "finished", "seeds": {"run": "x"}}'),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(manifest)
    (tmp_path / "swept").mkdir()
    (tmp_path / "swept" / "sweep.json").write_text('{"state": "finished", "points": [{"point": "x"}]}')
    (tmp_path / "notes").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    document = asked(capsys, str(tmp_path))
    assert len(document["rows"]) == 1  # type: ignore[arg-type]
    skipped = "\n".join(document["skipped"])  # type: ignore[arg-type]
    assert all(f"{tmp_path / name}: " in skipped for name in ("foreign", "torn", "odd", "swept"))
    assert "notes" not in skipped


@pytest.mark.parametrize(
    "question",
    [
        "DROP TABLE runs",
        "DELETE FROM runs",
        "COPY runs TO 'out.csv'",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM 'a.parquet'",
        "SELECT * FROM statements",
        "SET enable_external_access = true",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "SELECT nothing FROM runs",
        "no SQL",
        "",
    ],
)
def test_sql_only_asks(question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It changes nothing, reads no file, and what it cannot do is the caller's mistake."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    assert main(["results", "--sql", question]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_nothing_to_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["results"]) == 2 and "amp demo" in capsys.readouterr().err
    (tmp_path / "runs").mkdir()
    assert main(["results"]) == 0
    assert main(["results", "--last"]) == 2 and "no run yet" in capsys.readouterr().err


def test_a_name_is_text_and_no_sql(tmp_path: Path) -> None:
    """A folder may be called anything."""
    folder = tmp_path / "it's'); DROP TABLE runs; --"
    RunFolder.create(experiment_of("[[tags]]\n", tmp_path / "none.toml"), out=folder).finish(True)
    with Library() as library:
        library.fill([tmp_path], whole=True)
        assert library.ask("SELECT folder FROM runs").rows == [(str(folder),)] and not library.skipped


def zipped(folder: Path, archive: Path) -> Path:
    """Zip a run folder as `zip -r` does: with its own name inside."""
    return Path(shutil.make_archive(str(archive.with_suffix("")), "zip", folder.parent, folder.name))


def test_a_zipped_run_is_read_where_it_is(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All four tables' columns are the same but for the place; nothing is left unpacked."""
    archive = zipped(runs / "a", tmp_path / "sent.zip")
    before, after = asked(capsys, str(runs / "a"), "--last"), asked(capsys, str(archive), "--last")
    assert after.pop("run_folder") == str(archive) != before.pop("run_folder") and after == before
    question = "SELECT * EXCLUDE folder FROM frames ORDER BY t_ns, node"
    assert asked(capsys, str(archive), "--sql", question) == asked(capsys, str(runs / "a"), "--sql", question)
    assert [path.name for path in tmp_path.iterdir()] == ["sent.zip"]


def test_an_archive_writes_nothing_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names that climb, several runs, no run, no archive at all: skipped with a word, or taken by their last names."""
    for name, members in (
        ("climbs", ["run/manifest.json", "run/../../../climbed", f"{tmp_path}/climbed"]),
        ("two", ["a/manifest.json", "b/manifest.json"]),
        ("none", ["a/notes.txt"]),
    ):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for member in members:
                archive.writestr(member, '{"state": "running"}')
    (tmp_path / "text.zip").write_text("no archive")
    names = ("climbs", "two", "none", "text")
    document = asked(capsys, *(str(tmp_path / f"{name}.zip") for name in names))
    skipped = "\n".join(document["skipped"])  # type: ignore[arg-type]
    assert all(f"{tmp_path / name}.zip: " in skipped for name in names[1:]) and "climbs" not in skipped
    assert len(document["rows"]) == 1 and not (tmp_path.parent / "climbed").exists()  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{name}.zip" for name in names)


def test_runs_side_by_side(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was set differently stands there under the names of ``--set``, and what came of it; nothing equal."""
    first, second = str(runs / "b"), str(runs / "a")
    file = tmp_path / "compared.csv"
    rows = asked(capsys, first, second, "--compare", "--csv", str(file))["rows"]
    by_name = {row["what"]: row for row in rows}  # type: ignore[attr-defined]
    asked_for = by_name["experiment.channel.uplink_snr_db"]
    assert (asked_for[first], asked_for[second], asked_for["change"]) == (-25.0, 30.0, 55.0)
    assert (by_name["ok"][first], by_name["ok"][second], by_name["ok"]["change"]) == (False, True, None)
    assert by_name["readings"]["change"] == 1 and by_name["seed"][first] == 9
    one, other = (asked(capsys, each, "--last") for each in (first, second))
    unequal = {key for key in one if one[key] != other[key]} - {"run_folder", "started", "ended", "experiment"}
    assert {name for name in by_name if not name.startswith("experiment.")} == unequal
    with file.open(newline="") as stream:
        assert [row["what"] for row in csv.DictReader(stream)] == list(by_name)
    assert main(["results", first, "--compare"]) == 2
