"""What the schema refuses, in the user's words: violations to diagnostics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_config.wording import keys, values
from xpm_config.wording.parts import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpm_config.conformance import Violation
    from xpm_config.context import Context
    from xpm_config.diagnostics import Diagnostic


def findings(context: Context, violations: list[Violation]) -> Iterator[Diagnostic]:
    """One diagnostic for each violation, save those that another check reports."""
    for violation in violations:
        key = _key(violation.path)
        setting = context.outline.get(key)
        if key and setting is None:
            continue
        part = Part(context, setting)
        if part.setting is not None and part.setting.schema.get("x-xpm-code"):
            continue
        yield from _TRANSLATIONS[violation.keyword](context, part, violation)


def _key(path: tuple[str | int, ...]) -> str:
    key = ""
    for step in path:
        key += f"[{step}]" if isinstance(step, int) else f".{step}" if key else step
    return key


_TRANSLATIONS = {
    "additionalProperties": keys.unknown_keys,
    "required": keys.missing_keys,
    "type": values.refused_type,
    "enum": values.not_allowed,
    "pattern": values.not_allowed,
    "minimum": values.out_of_bounds,
    "maximum": values.out_of_bounds,
    "exclusiveMinimum": values.out_of_bounds,
    "minLength": values.out_of_bounds,
}
