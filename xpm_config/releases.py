"""Releases of experimaestro, as numbers that compare."""

from __future__ import annotations

Release = tuple[int, ...]
"""A release of experimaestro, such as `(2, 7, 0)`."""


def parse_release(text: str) -> Release:
    """`"2.7.0"` as `(2, 7, 0)`, with at least three numbers; raises ValueError for anything but digits and dots."""
    numbers = [int(part) for part in text.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))


def show_release(release: Release) -> str:
    """A release as text."""
    return ".".join(str(part) for part in release)
