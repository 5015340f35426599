"""Telling editors which files a schema is for, in the words of each: the snippets of `schema install --print`."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from xpm_config.location import USERS_OWN

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
# What yaml-language-server takes for a relative path.
_RELATIVE = re.compile(r"[A-Za-z0-9_./ -]+\.json")


class Association(NamedTuple):
    """A schema file (its absolute path), and the patterns of the names of the files that it is for.

    In the settings of a project, `project` is its folder (an absolute path).
    """

    schema: str
    globs: tuple[str, ...]
    project: str | None = None

    @property
    def uri(self) -> str:
        """The schema as a URI: without blanks, quotes or `#`, whatever the path holds; in a project a relative path."""
        from urllib.parse import quote

        below = _below(self.schema, self.project)
        if below is not None and _RELATIVE.fullmatch(below):
            return f".{below}"
        return f"file://{quote(os.fsencode(self.schema))}"


def associate(settings: str, schema: str, project: str | None = None) -> Association:
    """Associate a schema with the user's own settings under all their names, or with another file by its path only."""
    paths = list(dict.fromkeys((os.path.abspath(settings), os.path.realpath(settings))))
    globs: tuple[str, ...] = ()
    if paths[-1] == os.path.realpath(os.path.expanduser(USERS_OWN)):
        globs, paths = GLOBS, [path for path in paths if not _is_covered(path)]
    if project is not None and "/." not in project:
        paths = [_below(path, project) or path for path in paths]
    # An asterisk stands for what means something in a pattern, or is written otherwise in the URI of a file.
    escaped = [f"**{_SPECIAL.sub('*', path)}" for path in paths]
    return Association(os.path.abspath(schema), (*globs, *escaped), project)


def _below(path: str, folder: str | None) -> str | None:
    """The rest of a path below a folder, from the slash on; None where it lies elsewhere."""
    above = folder.rstrip("/") if folder is not None else None
    return path[len(above) :] if above is not None and path.startswith(f"{above}/") else None


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
