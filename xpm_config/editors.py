"""Telling editors which files a schema is for, in the words of each: the snippets of `schema install --print`."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

GLOBS = (
    "**/experimaestro/settings.yaml",
    "**/.config/experimaestro/settings.yaml",
    "**/.local/share/chezmoi/**/experimaestro/settings.yaml",
    "**/xpm_settings.yaml",
)
"""What settings files are called: the user's own, with its copies in dotfile repositories, and those of projects.

To yaml-language-server, `**` does not stand for folders whose names begin with a dot.
"""

_USUAL = re.compile(r"((/\.config)?/experimaestro/settings|/xpm_settings)\.yaml\Z")
_SPECIAL = re.compile(r"[^A-Za-z0-9_./-]+")


class Association(NamedTuple):
    """A schema file (its absolute path), and the patterns of the names of the files that it is for."""

    schema: str
    globs: tuple[str, ...]

    @property
    def uri(self) -> str:
        """The schema as a URI: without blanks, quotes or `#`, whatever the path holds."""
        from urllib.parse import quote

        return f"file://{quote(os.fsencode(self.schema))}"


def associate(settings: str, schema: str) -> Association:
    """Associate a schema with all settings files, and with `settings` by its path if it is called otherwise."""
    own = [path for path in (os.path.abspath(settings), os.path.realpath(settings)) if not _is_covered(path)]
    # An asterisk stands for what means something in a pattern, or is written otherwise in the URI of a file.
    escaped = [f"**{_SPECIAL.sub('*', path)}" for path in own]
    return Association(os.path.abspath(schema), (*GLOBS, *dict.fromkeys(escaped)))


def _is_covered(path: str) -> bool:
    usual = _USUAL.search(path)
    return usual is not None and "/." not in path[: usual.start()]


def _neovim(association: Association) -> str:
    return f"""\
vim.lsp.config('yamlls', {{
  settings = {{
    yaml = {{
      schemas = {{
        [{_quoted(association.uri)}] = {{ {_listed(association, ", ")} }},
      }},
    }},
  }},
}})
vim.lsp.enable('yamlls')
"""


def _helix(association: Association) -> str:
    return f"""\
[language-server.yaml-language-server.config.yaml.schemas]
{_quoted(association.uri)} = [{_listed(association, ", ")}]
"""


def _emacs(association: Association) -> str:
    globs = f"[{_listed(association, ' ')}]"
    return f"""\
;; Eglot
(setq-default eglot-workspace-configuration
              '(:yaml (:schemas (:{association.uri} {globs}))))

;; lsp-mode
(setq lsp-yaml-schemas
      '(({association.uri} . {globs})))
"""


def _kate(association: Association) -> str:
    server = {
        "command": ["yaml-language-server", "--stdio"],
        "highlightingModeRegex": "^YAML$",
        "settings": {"yaml": {"schemas": {association.uri: list(association.globs)}}},
    }
    return json.dumps({"servers": {"yaml": server}}, indent=2, ensure_ascii=False) + "\n"


def _jetbrains(association: Association) -> str:
    from xml.sax.saxutils import quoteattr

    # These patterns are for the end of a path, and an asterisk stands for slashes, too.
    items = "".join(
        f"""\
                  <Item>
                    <option name="pattern" value="true" />
                    <option name="path" value={quoteattr(glob.removeprefix("**/"))} />
                    <option name="mappingKind" value="Pattern" />
                  </Item>
"""
        for glob in association.globs
    )
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<project version="4">
  <component name="JsonSchemaMappingsProjectConfiguration">
    <state>
      <map>
        <entry key="experimaestro settings">
          <value>
            <SchemaInfo>
              <option name="name" value="experimaestro settings" />
              <option name="relativePathToSchema" value={quoteattr(association.schema)} />
              <option name="schemaVersion" value="JSON Schema version 7" />
              <option name="patterns">
                <list>
{items}\
                </list>
              </option>
            </SchemaInfo>
          </value>
        </entry>
      </map>
    </state>
  </component>
</project>
"""


def _listed(association: Association, separator: str) -> str:
    return separator.join(map(_quoted, association.globs))


def _quoted(text: str) -> str:
    """Text in quotes; Lua, TOML and Emacs Lisp read it alike, as globs and URIs hold no quote and no backslash."""
    return f'"{text}"'


SNIPPETS: dict[str, tuple[Callable[[Association], str], str]] = {
    "neovim": (_neovim, "~/.config/nvim/init.lua (Neovim 0.11 or later, with nvim-lspconfig)"),
    "helix": (_helix, "~/.config/helix/languages.toml"),
    "emacs": (_emacs, "~/.emacs.d/init.el; of the two parts, the one for your client"),
    "kate": (_kate, "Settings > Configure Kate > LSP Client > User Server Settings"),
    "jetbrains": (_jetbrains, ".idea/jsonSchemas.xml of the project"),
}
"""For each editor its snippet, and where it belongs."""
