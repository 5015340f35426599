"""A client of yaml-language-server over stdio, which asks what an editor asks."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.editors.text import Accepted, accept, split_at_cursor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

TIMEOUT = 60.0
"""Seconds after which an answer is not awaited any longer; a machine under load needs several."""

_SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}


class LanguageServerError(Exception):
    """The server gave an error, no answer, or ended; the message has what it wrote to standard error."""


class Problem(NamedTuple):
    """What is underlined: its line and columns (from 0, the end excluded, on `end_line`), severity and words."""

    line: int
    start: int
    end_line: int
    end: int
    severity: str
    message: str


class Proposal(NamedTuple):
    """One entry of the completion list, with the document as it is once the entry is accepted."""

    label: str
    documentation: str
    accepted: Accepted


class LanguageServer:
    """One running server; documents are opened in it, asked about, and closed.

    `schemas` maps glob patterns of document names to schema files, as the setting `yaml.schemas` does.
    """

    def __init__(self, package: Path, schemas: Mapping[str, Path], folder: Path) -> None:
        """Start the server of an npm package; documents lie in `folder`, as far as it knows; use it in `with`."""
        self._folder = folder
        self._settings = {
            "yaml": {
                "schemas": {path.as_uri(): pattern for pattern, path in schemas.items()},
                "schemaStore": {"enable": False},
                "kubernetesCRDStore": {"enable": False},
                "validate": True,
                "hover": True,
                "completion": True,
            },
            "http": {},
            # The YAML extension of VS Code sets these; without them the server guesses the indent from the text.
            "[yaml]": {"editor.tabSize": 2, "editor.insertSpaces": True},
            "editor": {},
            "files": {},
        }
        self._process = subprocess.Popen(
            ["node", str(package / "bin" / "yaml-language-server"), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._errors: list[str] = []
        self._number = 0
        self._documents = 0
        self._answers: dict[int, Queue[dict[str, Any]]] = {}
        self._published: dict[str, Queue[list[dict[str, Any]]]] = {}
        self._configured = threading.Event()
        self._lock = threading.Lock()
        self._readers = [threading.Thread(target=target, daemon=True) for target in (self._read, self._read_errors)]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        """The server, once it has its settings."""
        try:
            self._initialize()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Ask the server to end, and end it if it does not."""
        try:
            self._request("shutdown", None)
            self._notify("exit", None)
            self._process.wait(10)
        except (LanguageServerError, subprocess.TimeoutExpired):
            self._process.kill()
        self._end()

    def diagnostics(self, texts: Sequence[str], name: str) -> list[list[Problem]]:
        """What the server underlines in each document, in its order; `name` chooses the schema.

        The server waits before it checks a document, so all are opened at once.
        """
        uris = [self._open(text, name) for text in texts]
        found = [sorted(map(_problem, self._published_for(uri))) for uri in uris]
        for uri in uris:
            self._close(uri)
        return found

    def hover(self, marked: str, name: str) -> str:
        """The Markdown that is shown over the cursor; empty where there is nothing to show."""
        text, line, character = split_at_cursor(marked)
        uri = self._open(text, name)
        answer = self._request("textDocument/hover", _place(uri, line, character))
        self._close(uri)
        return "" if answer is None else str(answer["contents"]["value"])

    def completions(self, marked: str, name: str) -> list[Proposal]:
        """The proposals at the cursor, in the order of the list."""
        text, line, character = split_at_cursor(marked)
        uri = self._open(text, name)
        answer = self._request("textDocument/completion", _place(uri, line, character))
        self._close(uri)
        items = answer["items"] if isinstance(answer, dict) else answer or []
        items = sorted(items, key=lambda item: item.get("sortText", item["label"]))
        return [Proposal(item["label"], _documentation(item), accept(text, item, (line, character))) for item in items]

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    # -- the protocol ---------------------------------------------------------------------------------

    def _initialize(self) -> None:
        formats = {"snippetSupport": True, "documentationFormat": ["markdown"]}
        capabilities = {
            "workspace": {"configuration": True, "workspaceFolders": True},
            "textDocument": {
                "completion": {"completionItem": formats},
                "hover": {"contentFormat": ["markdown"]},
                "publishDiagnostics": {},
            },
        }
        root = self._folder.as_uri()
        folders = [{"uri": root, "name": "folder"}]
        parameters = {"processId": None, "rootUri": root, "workspaceFolders": folders, "capabilities": capabilities}
        self._request("initialize", parameters)
        self._notify("initialized", {})
        # Documents that are opened before the server has its settings would be checked without a schema.
        if not self._configured.wait(TIMEOUT):
            raise self._failure("the server did not ask for its settings")

    def _open(self, text: str, name: str) -> str:
        """Each text is a document of its own, so that no answer is about an earlier one."""
        self._documents += 1
        uri = (self._folder / str(self._documents) / name).as_uri()
        self._published[uri] = Queue()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def _close(self, uri: str) -> None:
        del self._published[uri]
        self._notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def _published_for(self, uri: str) -> list[dict[str, Any]]:
        try:
            return self._published[uri].get(timeout=TIMEOUT)
        except Empty:
            raise self._failure(f"no diagnostics came for {uri}") from None

    def _request(self, method: str, parameters: Any) -> Any:
        self._number += 1
        number, answers = self._number, Queue[dict[str, Any]]()
        self._answers[number] = answers
        self._send({"id": number, "method": method, "params": parameters})
        try:
            answer = answers.get(timeout=TIMEOUT)
        except Empty:
            raise self._failure(f"no answer to {method}") from None
        if "error" in answer:
            raise self._failure(f"{method}: {answer['error'].get('message')}")
        return answer.get("result")

    def _notify(self, method: str, parameters: Any) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        with self._lock:
            try:
                self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                self._process.stdin.flush()
            except OSError as error:
                raise self._failure(f"the server is gone: {error}") from error

    def _read(self) -> None:
        """Sort what the server sends; at its end, give everyone who waits an error."""
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                if header.lower().startswith(b"content-length:"):
                    length = int(header.partition(b":")[2])
                header = stream.readline()
            self._receive(json.loads(stream.read(length)))
        for answers in self._answers.values():
            answers.put({"error": {"message": "the server ended"}})

    def _receive(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            self._answers[message["id"]].put(message)
        elif method == "textDocument/publishDiagnostics":
            parameters = message["params"]
            # Of a document that is closed, the server says once more that nothing is underlined.
            if found := self._published.get(parameters["uri"]):
                found.put(parameters["diagnostics"])
        elif "id" in message:
            result = None
            if method == "workspace/configuration":
                result = [self._settings.get(item["section"]) for item in message["params"]["items"]]
            self._send({"id": message["id"], "result": result})
            if result is not None:
                self._configured.set()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._errors.append(line.decode(errors="replace"))

    def _failure(self, what: str) -> LanguageServerError:
        if self._process.poll() is not None:
            # All that it wrote before it ended is on its way.
            self._readers[1].join()
        return LanguageServerError(f"{what}\nstandard error of the server:\n{''.join(self._errors) or '(nothing)'}")


def _problem(diagnostic: Mapping[str, Any]) -> Problem:
    start, end = diagnostic["range"]["start"], diagnostic["range"]["end"]
    severity = _SEVERITIES[diagnostic.get("severity", 1)]
    message = str(diagnostic["message"])
    return Problem(start["line"], start["character"], end["line"], end["character"], severity, message)


def _documentation(item: Mapping[str, Any]) -> str:
    documentation = item.get("documentation") or ""
    return str(documentation["value"] if isinstance(documentation, dict) else documentation)


def _place(uri: str, line: int, character: int) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
