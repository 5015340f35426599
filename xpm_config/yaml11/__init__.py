"""YAML 1.1 as experimaestro's two loaders scan it, with exact positions.

ruamel.yaml parses: its tokens, simple-key and indentation rules and its grammar are used as they are.
What reads single characters is replaced here, because that is where it differs from the loaders that
experimaestro uses: PyYAML's own scanner (experimaestro 2.6 on) and libyaml's (up to 2.5, through
OmegaConf). The replacements scan whole runs with regular expressions, which also makes reading linear
and about twice as fast.

Positions are plain offsets into the text, in code points. Comments are collected on the way.
"""

from xpm_config.yaml11.reader import EventReader
from xpm_config.yaml11.scanner import MAX_DEPTH, Dialect, TooDeepError, UnprintableCharacterError

__all__ = ["MAX_DEPTH", "Dialect", "EventReader", "TooDeepError", "UnprintableCharacterError"]
