"""Who is let in, and what bad input does: to a live view that runs as a user's does."""

from __future__ import annotations

import contextlib
import io
import json
import re
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import segno
import zmq
from PIL import Image

from testbed.live.messages import TOPIC, Opened, Piece, Row, Samples, encoded
from testbed.run_record import read_run
from tests.dashboard.view import LiveView, live_view

PNG = {"Content-Type": "image/png"}
JSON = {"Content-Type": "application/json"}


def test_every_answer_says_what_a_page_may_do(view: LiveView) -> None:
    for path in ("/", "/page/main.js", "/api/runs", "/page/none", "/nowhere"):
        answer = view.ask(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and "connect-src 'self'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in answer.headers


def test_the_page_holds_no_script_style_or_address_of_its_own(view: LiveView) -> None:
    """What the policy would block is not there in the first place; nothing is fetched from anywhere else."""
    html = view.ask("/").body.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html)
    for name in re.findall(r'(?:src|href)="(/page/[^"]+)"', html):
        answer = view.ask(name)
        assert answer.status == 200, name
        elsewhere = re.findall(r"https?://[^\s\"')]+", answer.body.decode())
        assert set(elsewhere) <= {"http://www.w3.org/2000/svg"}, name


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.0.2.7", "", "[", "localhost.evil"]
)
def test_another_name_is_refused(view: LiveView, host: str) -> None:
    """DNS rebinding: a foreign name that points here is still a foreign name."""
    for path in ("/", "/api/facts", "/events"):
        assert view.ask(path, headers={"Host": host}).status in (400, 421)


def test_no_name_at_all_is_refused(view: LiveView) -> None:
    assert view.ask("/", headers={"Host": None}).status in (400, 421)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:1234", "LOCALHOST:80"])
def test_this_machines_names_are_ours(view: LiveView, host: str) -> None:
    """With any port: a tunnel may end at another one."""
    assert view.ask("/", headers={"Host": host}).status == 200


@pytest.mark.parametrize("path", ["/api/start", "/api/stop", "/api/provision"])
@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", "https://{host}"])
def test_a_page_of_another_site_changes_nothing(view: LiveView, path: str, origin: str | None) -> None:
    given = origin.format(host=view.host) if origin else None
    assert view.ask(path, method="POST", body=b"{}", headers={"Origin": given}).status == 403


def test_a_page_of_another_site_sees_nothing(view: LiveView) -> None:
    for path in ("/events", "/api/facts", "/api/runs"):
        assert view.ask(path, headers={"Origin": "http://evil.example"}).status == 403
        assert view.ask(path, headers={"Sec-Fetch-Site": "cross-site"}).status == 403


def test_files_of_the_machine_are_not_served(view: LiveView) -> None:
    pages = ("/page/..%2f__init__.py", "/page/%2e%2e/serve.py", "/page//etc/passwd")
    for path in (*pages, "/api/runs/..%2f..", "/api/runs/."):
        assert view.ask(path).status == 404, path


def start(view: LiveView, **asked: object) -> tuple[int, str]:
    answer = view.ask("/api/start", method="POST", body=json.dumps(asked).encode(), headers=JSON)
    return answer.status, str(answer.document.get("error", {}).get("reason", ""))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[[tags]]\npsk_file = "/etc/shadow"', "tags.psk_file names a file"),
        ('[[tags]]\nreadings_csv = "/etc/passwd"', "tags.readings_csv names a file"),
        ("[[tags]]\nreadings_stdin = true", "tags.readings_stdin names a file"),
        ('profile = "../../secret.toml"', "profile names a file"),
        ('[power]\nincident_dbm = -10\ncosts = "/tmp/table.toml"', "power.costs names a file"),
        ('[security]\nserver = "radius://192.0.2.1:1812"', "security.server names a file"),
        ('radio = "pluto:ip:192.168.2.1"', ""),
        ("snr = 3", "unknown"),
        ("= nonsense", "not TOML"),
        ("x = " + "[" * 5000, "not TOML"),
        ("", None),
    ],
)
def test_what_a_pasted_experiment_may_not(view: LiveView, text: str, reason: str | None) -> None:
    if reason is None:
        text, reason = "#" * (2 << 20), "large"
    status, said = start(view, experiment="own", text=text)
    assert status in (413, 422) and reason.lower() in said.lower(), said
    assert view.whole()[0]["process"]["state"] == "idle"


DEMO = {"experiment": "examples/demo.toml"}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"experiment": "examples/none.toml"},
        {"experiment": "../x"},
        {"experiment": 3},
        DEMO | {"seed": -1},
        DEMO | {"seed": "1"},
        DEMO | {"radio": "pluto:"},
    ],
)
def test_what_cannot_be_started(view: LiveView, asked: dict[str, object]) -> None:
    assert start(view, **asked)[0] == 422


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{" * 9999])
def test_no_json_is_refused(view: LiveView, body: bytes) -> None:
    assert view.ask("/api/start", method="POST", body=body, headers=JSON).status == 422


def test_ctrl_c_stops_the_run_that_the_page_started(tmp_path: Path) -> None:
    """Nothing is left running, and what was recorded can be read."""
    rounds = ", ".join(f'"{number}"' for number in range(5000))
    text = f'name = "endless"\nradio = "sim:"\nmax_air_time_s = 600.0\n[[tags]]\nreadings = [{rounds}]\n'
    with live_view(tmp_path) as view:
        assert start(view, experiment="own", text=text)[0] == 200
        assert start(view, **DEMO)[0] == 409
        end = time.monotonic() + 60
        while not view.whole()[0].get("rows") and time.monotonic() < end:
            time.sleep(0.1)
        private = Path(urlsplit(view.live).path).parent
        assert (private / "own.toml").exists() and private.stat().st_mode & 0o077 == 0
    run = read_run(view.runs()[0])
    assert run.state == "interrupted" and len(run.events) > 3
    assert not [line for line in processes() if str(tmp_path) in line]


def processes() -> list[str]:
    """Return the command line and folder of every process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                found.append(f"{(entry / 'cmdline').read_bytes()!r} {(entry / 'cwd').readlink()}")
    return found


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "no QR code":
        Image.effect_noise((300, 300), 90).convert("RGB").save(out, "JPEG")
    elif kind == "foreign":
        segno.make_qr("https://example.com/").save(out, kind="png", scale=6)
    elif kind == "unknown tag":
        segno.make_qr("AMP:" + "5A" * 32).save(out, kind="png", scale=6)
    elif kind == "bomb":
        Image.new("1", (20_000, 20_000)).save(out, "PNG")
    elif kind == "torn":
        segno.make_qr("AMP:" + "5A" * 32).save(out, kind="png", scale=6)
        return out.getvalue()[:150]
    return out.getvalue() or b"<svg onload=alert(1)>"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("no QR code", "the picture shows no QR code"),
        ("foreign", "the picture shows QR codes, but no tag's"),
        ("unknown tag", "no tag here is the one"),
        ("bomb", "no picture that can be read"),
        ("torn", "no picture|cannot be read"),
        ("none", "no picture that can be read"),
    ],
)
def test_a_picture_that_is_no_label_is_refused_with_the_reason(view: LiveView, kind: str, reason: str) -> None:
    answer = view.ask("/api/provision", method="POST", body=picture(kind), headers=PNG)
    assert answer.status == 422 and re.search(reason, answer.document["error"]["reason"]), answer.body
    assert b"5a5a" not in answer.body.lower() and b"/tmp" not in answer.body
    assert not list(Path(urlsplit(view.live).path).parent.glob("label*"))


def test_a_picture_that_is_too_large_or_of_another_kind_is_refused(view: LiveView) -> None:
    assert view.ask("/api/provision", method="POST", body=bytes(13 << 20), headers=PNG).status == 413
    assert view.ask("/api/provision", method="POST", body=b"x", headers={"Content-Type": "text/plain"}).status == 422




def test_elsewhere_than_on_the_loopback_a_token_is_needed(tmp_path: Path) -> None:
    with live_view(tmp_path, "--host", "0.0.0.0", ended_by=signal.SIGTERM) as guest:
        token = guest.url.partition("?token=")[2]
        assert len(token) >= 32 and token not in guest.log.read_text()
        by_address = {"Host": guest.host.replace(urlsplit(guest.url).hostname or "", "127.0.0.1")}
        for path in ("/", "/events", "/api/facts", "/?token=", f"/?token={token[:-1]}x", f"/api/runs?token={token}x"):
            answer = guest.ask(path, headers=by_address)
            assert answer.status == 401 and b"token" in answer.body
        assert guest.ask(f"/?token={token}", headers={"Host": "evil.example"}).status == 421
        answer = guest.ask(f"/?token={token}", headers=by_address)
        cookie = answer.headers["set-cookie"]
        assert answer.status == 303 and answer.headers["location"] == "/"
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        known = {**by_address, "Cookie": cookie.partition(";")[0]}
        assert guest.ask("/", headers=known).status == 200
        assert guest.ask("/api/facts", headers=known).status == 200
        assert guest.ask("/api/facts", headers={**known, "Cookie": "amp_dash_1=x; " * 50}).status == 401
        evil = {**known, "Origin": "http://evil.example"}
        assert guest.ask("/api/stop", method="POST", body=b"{}", headers=evil).status == 403
        ours = {**known, "Origin": f"http://{by_address['Host']}"}
        assert guest.ask("/api/stop", method="POST", body=b"{}", headers=ours).status == 200


def test_rubbish_and_a_browser_that_does_not_read_cost_nothing(view: LiveView, tmp_path: Path) -> None:
    """A flood on the socket while one browser reads nothing: memory stays, the others are served, all is counted."""
    folder = tmp_path / "a-run"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"state": "finished", "ok": true, "name": "flooded", "experiment": [3]}')
    (folder / "events.jsonl").write_text('{"t_ns": "x", "kind": ["tx"], "node": 3}\n[]\n')
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.connect(("127.0.0.1", urlsplit(view.url).port))
    stuck.sendall(f"GET /events HTTP/1.1\r\nHost: {view.host}\r\n\r\n".encode())
    publisher = zmq.Context.instance().socket(zmq.PUB)
    publisher.setsockopt(zmq.LINGER, 0)
    publisher.connect(view.live)
    before = view.resident_octets()
    pieces = [Piece(0, bytes(range(256)) * 80)]
    rows = [Row(0, bytes(range(256)))] * 300
    facts = {"rate_sps": 20_000_000, "step": 100, "skipped": 0, "counters": {"bad": 3}}
    end, seq, behind = time.monotonic() + 20, 0, 0
    while time.monotonic() < end and not behind:
        publisher.send_multipart([TOPIC, b"rubbish"])
        publisher.send_multipart([b"amp-live-1", b"", b"more"])
        publisher.send_multipart(encoded(Opened(run="9", source="run", seq=seq, folder=str(folder))))
        publisher.send_multipart(encoded(Opened(run="8", source="run", seq=seq, folder="/no/such/folder")))
        for role in ("ap", "tag", "somebody"):
            message = Samples(
                run="9", source=role, seq=seq, role=role, received=seq, envelope=pieces, rows=rows, **facts
            )
            publisher.send_multipart(encoded(message))
        seq += 1
        time.sleep(0.01)
        if seq % 100 == 0:
            watching = view.whole()[0]["watching"]
            behind = watching["dropped"]
    stuck.close()
    whole, _ = view.whole()
    assert whole["run"]["name"] == "flooded" and {each["role"] for each in whole["samples"]} == {"ap", "tag"}
    assert behind > 0 and whole["watching"]["malformed"] > 0
    assert view.resident_octets() - before < 96 << 20
    publisher.close()
    assert view.ask("/").status == 200 and view.log.read_text() == ""
