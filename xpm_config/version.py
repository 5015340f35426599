"""The version of this package, as `pyproject.toml` gives it."""

from importlib.metadata import version

VERSION = version("xpm-config")
