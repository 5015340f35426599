"""Values without their secrets, for listings: whatever a secret was merged, aliased or interpolated into."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from xpm_config.secrets import MASK, holds_secret, is_telling

if TYPE_CHECKING:
    from collections.abc import Collection

    from xpm_config.settings import Settings, Workspace

_SHORTEST = 6
"""Shorter secrets are too often a part of other words: they are masked where they are the whole value."""


def secrets_of(settings: Settings) -> frozenset[str]:
    """The secret values of the settings: the token, telling variables, and what came out of telling ones."""
    held: list[Settings | Workspace] = [settings, *settings.workspaces]
    texts = [settings.server.token or ""]
    texts += [value for one in held for name, value in one.env.items() if is_telling(name)]
    names = {name for one in held for origin in one.origins.values() for name in origin.variables}
    texts += [os.environ.get(name, "") for name in names if is_telling(name)]
    return frozenset(text for text in texts if text)


def masked(value: Any, secrets: Collection[str] = ()) -> Any:
    """Plain data with MASK for each text that holds one of the secrets, or another with its name beside it."""
    if isinstance(value, dict):
        return {name: masked(item, secrets) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item, secrets) for item in value]
    if not isinstance(value, str):
        return value
    inside = any(secret in value if len(secret) >= _SHORTEST else secret == value for secret in secrets)
    return MASK if inside or holds_secret(value) else value
