"""A Node process that answers questions, a line of JSON for each, so that thousands of texts need one start."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from tests.node import node_package

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_LOOP = """
const answer = await (%s)(process.argv[1]);
let rest = '';
process.stdin.setEncoding('utf8');
for await (const chunk of process.stdin) {
  const lines = (rest + chunk).split('\\n');
  rest = lines.pop();
  for (const line of lines) process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + '\\n');
}
"""


class NodeSession:
    """Runs `prepare`, an async function in JavaScript: folder of an npm package -> function of a question."""

    def __init__(self, package: str, prepare: str) -> None:
        """Start Node; skips the test where it, or the package, is missing."""
        folder = node_package(package)
        self._process = subprocess.Popen(
            ["node", "--input-type=module", "--eval", _LOOP % prepare, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        """The session itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the process by ending its input."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def ask(self, question: Any) -> Any:
        """The answer to a question."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "Node ended; what it wrote is above"
        return json.loads(line)


JSONC = """
async (folder) => {
  const { default: jsonc } = await import(folder + '/lib/umd/main.js');
  return (text) => {
    const errors = [];
    const value = jsonc.parse(text, errors, { allowTrailingComma: true });
    return { value: value === undefined ? null : value, errors: errors.length };
  };
}
"""
"""Reads JSON with comments as VS Code does: `{"value": …, "errors": how many}`."""

MODELINE = """
async (folder) => {
  const fs = await import('node:fs');
  const source = folder + (fs.existsSync(folder + '/out/server') ? '/out/server' : '/out') + '/src/languageservice';
  const { parse } = await import(source + '/parser/yamlParser07.js');
  const { getSchemaFromModeline } = await import(source + '/services/modelineUtil.js');
  return (text) => getSchemaFromModeline(parse(text).documents[0]) ?? null;
}
"""
"""The schema that yaml-language-server finds named in the header of a text, or null."""
