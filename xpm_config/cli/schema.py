"""`xpm-config schema`: the JSON Schemas themselves."""

from __future__ import annotations

from xpm_config import registry
from xpm_config.cli import streams


def show(version: int) -> int:
    """Print a schema as it is in its file."""
    streams.write_json(registry.schema_text(version))
    return 0


def list_versions(format: str) -> int:
    """List the versions, newest last."""
    rows = [(version, registry.raw_schema(version)["$id"], registry.releases(version)) for version in registry.VERSIONS]
    if format == "json":
        import json

        listed = [{"version": version, "id": name, "releases": releases} for version, name, releases in rows]
        print(json.dumps(listed, indent=2))
        return 0
    for version, name, releases in rows:
        print(f"{version}  experimaestro {releases:<14}  {name}")
    return 0
