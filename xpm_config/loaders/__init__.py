"""The loaders of experimaestro, release by release: what each one makes of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_config import registry

if TYPE_CHECKING:
    from collections.abc import Mapping as Environ

    from xpm_config.document import Document
    from xpm_config.loaders.model import Loaded
    from xpm_config.releases import Release
    from xpm_config.values import Constructor
    from xpm_config.yaml11 import Dialect

PYDANTIC_SINCE: Release = (2, 6, 0)
"""Releases before this one load the settings with OmegaConf."""


def dialect(release: Release) -> Dialect:
    """Which scanner a release reads YAML with."""
    return "pyyaml" if release >= PYDANTIC_SINCE else "libyaml"


def load(document: Document, release: Release, environ: Environ[str, str]) -> tuple[Loaded, Constructor]:
    """What a release makes of a document, and the constructor that gave its values."""
    schema = registry.schema(registry.NEWEST)
    if release >= PYDANTIC_SINCE:
        from xpm_config.loaders import pydantic

        return pydantic.load(document, schema, release, environ)
    from xpm_config.loaders import omegaconf

    return omegaconf.load(document, schema, release, environ)
