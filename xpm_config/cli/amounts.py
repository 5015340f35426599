"""Amounts as people write and read them: sizes, spans of time, shares."""

from __future__ import annotations

import re

from xpm_config.errors import UsageError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_age(option: str, text: str) -> float:
    """A span of time such as `30d` or `12h`, in seconds; raises UsageError."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhdw])", text.strip())
    if found is None:
        raise UsageError(f"{option}: `{text}` is no span of time", "write a number and a unit: 30d, 12h, 90m, 2w")
    return float(found[1]) * _SECONDS[found[2]]


def parse_share(option: str, text: str) -> float:
    """A share such as `5%`, as a number above 0 and up to 1; raises UsageError."""
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,9})?)\s*%", text.strip())
    share = float(found[1]) / 100 if found is not None else 0.0
    if not 0 < share <= 1:
        raise UsageError(f"{option}: `{text}` is no share", "write it as 5%, above 0% and up to 100%")
    return share


def shown_size(size: float) -> str:
    """A number of bytes, in the unit that fits."""
    if size < 1024:
        return f"{int(size)} B"
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        size /= 1024
        if size < 1000 or unit == "TiB":
            break
    return f"{size:.0f} {unit}" if size >= 100 else f"{size:.1f} {unit}"


def shown_time(seconds: float) -> str:
    """A span of time, in the units that fit."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun, in the plural where that is due."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
