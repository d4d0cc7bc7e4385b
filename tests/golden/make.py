"""Write the golden recordings and their manifest: ``python -m tests.golden.make`` (about half a minute).

The manifest pins every file by its SHA-256 and says which PSDUs must come out of it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy.typing as npt

from tests.golden.recipe import PROFILE, Recipe
from tests.golden.recipes_downlink import downlink_recipes
from tests.golden.recipes_uplink import uplink_recipes
from tests.golden.reference_air import sixteen_bits

FOLDER = Path(__file__).parent / "recordings"
MANIFEST = FOLDER / "manifest.json"


def recipes() -> list[Recipe]:
    """Return every golden recording's recipe."""
    return [*downlink_recipes(), *uplink_recipes()]


def samples_of(recipe: Recipe) -> npt.NDArray:  # type: ignore[type-arg]
    """Return I and Q in turn as 16-bit integers (2n,)."""
    return sixteen_bits(recipe.samples(), recipe.unit)


def metadata(recipe: Recipe, octets: bytes) -> str:
    """Return the ``.sigmf-meta`` of a recording whose data file holds ``octets``."""
    facts = {
        "core:version": "1.0.0",
        "core:datatype": "ci16_le",
        "core:sample_rate": recipe.rate_sps,
        "core:num_channels": 1,
        "core:sha512": hashlib.sha512(octets).hexdigest(),
        "core:description": recipe.about,
        "core:recorder": "tests/golden/make.py",
        "core:extensions": [{"name": "amp", "version": "1.0.0", "optional": True}],
        "amp:role": recipe.role,
        "amp:device": recipe.device,
        "amp:expected_psdus": [psdu.hex() for psdu in recipe.frames],
        "amp:profile": PROFILE,
        "amp:unit": recipe.unit,
        "amp:complete": True,
    }
    captures = [{"core:sample_start": 0, "core:frequency": recipe.center_hz}]
    document = {"global": facts, "captures": captures, "annotations": recipe.annotations(len(octets) // 4)}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def entry(recipe: Recipe, data: bytes, meta: str) -> dict[str, object]:
    """Return what the manifest says of a recording."""
    return {
        "about": recipe.about,
        "role": recipe.role,
        "device": recipe.device,
        "kind": recipe.sent[-1].kind,
        "rate_bps": recipe.sent[-1].rate_bps,
        "sample_rate_sps": recipe.rate_sps,
        "ecn0_db": recipe.ecn0_db,
        "frames": [psdu.hex() for psdu in recipe.frames],
        "data_sha256": hashlib.sha256(data).hexdigest(),
        "meta_sha256": hashlib.sha256(meta.encode()).hexdigest(),
    }


def main() -> int:
    """Write every recording and the manifest."""
    FOLDER.mkdir(exist_ok=True)
    manifest = {}
    for recipe in recipes():
        data = samples_of(recipe).tobytes()
        meta = metadata(recipe, data)
        (FOLDER / f"{recipe.name}.sigmf-data").write_bytes(data)
        (FOLDER / f"{recipe.name}.sigmf-meta").write_text(meta, encoding="utf-8")
        manifest[recipe.name] = entry(recipe, data, meta)
        sys.stdout.write(f"{recipe.name:28s} {len(data) // 4:7d} samples  {len(recipe.frames)} frames\n")
    MANIFEST.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
