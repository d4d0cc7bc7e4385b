"""The routes of the live view."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from testbed.dashboard.control import Control
from testbed.dashboard.experiments import MAX_FILE_OCTETS
from testbed.dashboard.onboarding import PICTURE_OCTETS_MAX, NoLabel
from testbed.dashboard.recorded import recorded_view
from testbed.dashboard.run_process import BusyError
from testbed.exits import CallerMistake
from testbed.experiment import ExperimentError
from testbed.report.palette import css_variables
from testbed.run_record import RunFolderError

PAGE = Path(__file__).parent / "page"
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
START_OCTETS_MAX = 2 * MAX_FILE_OCTETS


class TooLargeError(Exception):
    """A body is larger than it may be."""


def application(control: Control) -> Starlette:
    """Return the application around a control."""
    files = {path.name: (path.read_bytes(), KINDS[path.suffix]) for path in PAGE.iterdir() if path.suffix in KINDS}
    files["palette.css"] = (css_variables().encode(), "text/css")

    async def page(request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        if name not in files:
            return Response("There is no such page.\n", 404, media_type="text/plain")
        octets, kind = files[name]
        return Response(octets, media_type=kind)

    async def events(request: Request) -> Response:
        if control.watchers.full:
            return Response("Too many browsers watch already.\n", 503, media_type="text/plain")
        return StreamingResponse(control.watchers.stream(), media_type="text/event-stream")

    async def facts(request: Request) -> Response:
        choices = await asyncio.to_thread(control.choices.all)
        listed = [{"key": c.key, "name": c.name, "about": c.about, "why_not": c.why_not} for c in choices]
        shown = control.places.shown
        return JSONResponse(
            {
                "experiments": listed,
                "provisioning": {"lacks": control.desk.lacks, "gateway": control.desk.gateway},
                "shown": None if shown is None else shown.name,
                "live": control.source.address,
            }
        )

    async def runs(request: Request) -> Response:
        return JSONResponse({"runs": await asyncio.to_thread(control.runs.all)})

    async def run(request: Request) -> Response:
        folder = await asyncio.to_thread(control.runs.folder, request.path_params["name"])
        if folder is None:
            return _refused(404, "there is no such run", "choose one of the list")
        view = await asyncio.to_thread(recorded_view, folder)
        return JSONResponse({"whole": True, **view.whole()})

    async def start(request: Request) -> Response:
        return await _doing(_start(control, request))

    async def stop(request: Request) -> Response:
        await control.process.stop()
        return JSONResponse({"done": True})

    async def provision(request: Request) -> Response:
        return await _doing(_provision(control, request))

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(control.source.serve()), asyncio.create_task(control.pump())]
        try:
            yield
        finally:
            with contextlib.suppress(asyncio.CancelledError):  # a second Ctrl-C
                await control.close()
            for task in tasks:
                task.cancel()

    return Starlette(
        routes=[
            Route("/", page),
            Route("/page/{name}", page),
            Route("/events", events),
            Route("/api/facts", facts),
            Route("/api/runs", runs),
            Route("/api/runs/{name}", run),
            Route("/api/start", start, methods=["POST"]),
            Route("/api/stop", stop, methods=["POST"]),
            Route("/api/provision", provision, methods=["POST"]),
        ],
        lifespan=lifespan,
    )


async def _start(control: Control, request: Request) -> dict[str, Any]:
    try:
        asked = json.loads(await _body(request, START_OCTETS_MAX))
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise CallerMistake("what was asked for is no JSON object", "use the page's form")
    await control.start(asked)
    return {"started": True}


async def _provision(control: Control, request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    octets = await _body(request, PICTURE_OCTETS_MAX)
    query = request.query_params
    try:
        return {"tag": await control.provision(octets, kind, query.get("radio", ""), query.get("reading", ""))}
    except NoLabel:
        if query.get("camera"):
            return {"tag": None}  # what a camera sees most of the time
        raise


async def _doing(deed: Any) -> Response:
    """Return what came of a deed; whatever the caller did wrong is told as `amp` tells it."""
    try:
        return JSONResponse(await deed)
    except BusyError:
        return _refused(409, "a run goes on already", "stop it first")
    except TooLargeError:
        return _refused(413, "it is too large", "give less than 12 MiB of picture, or 1 MiB of experiment")
    except ClientDisconnect:
        return _refused(400, "it broke off", "try again")
    except (CallerMistake, ExperimentError, RunFolderError) as error:
        return _refused(422, str(error).removesuffix(f". Fix: {error.fix}"), error.fix)


async def _body(request: Request, most: int) -> bytes:
    octets = bytearray()
    async for piece in request.stream():
        octets += piece
        if len(octets) > most:
            raise TooLargeError
    return bytes(octets)


def _refused(status: int, reason: str, fix: str) -> JSONResponse:
    return JSONResponse({"error": {"reason": reason, "fix": fix}}, status)
