"""A schema registry that answers as told, on loopback, for what a real one does only on bad days."""

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Any, Self

#: What a registry says of an id that it does not have.
ABSENT = (404, {"error_code": 40403, "message": "Schema not found"})


class FakeRegistry:
    """Serves while inside; with a context, over TLS.

    answers: (method, path) → the answers, each (status, JSON or bytes), in their order; the last one stays.
        Subjects that nothing was said about do not exist; anything else is not found, in the words of a web server that
        is no registry.
    requests: (method, path, headers, JSON of the body) of all that came.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: dict[tuple[str, str], list[tuple[int, Any]]] = {}
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self._ids: dict[str, list[int]] = {}
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def when(self, request: str, *answers: tuple[int, Any]) -> None:
        """Answer a request, given as "GET /path", so from now on."""
        method, path = request.split()
        self.answers[method, path] = list(answers)

    def has(self, schema_id: int, schema: Any, *subjects: str, **more: Any) -> None:
        """Hold a schema under subjects. more: schemaType, references."""
        entries = [self._version_of(subject, schema_id) for subject in subjects]
        text = schema if isinstance(schema, str) else json.dumps(schema)
        for entry in entries:
            path = f"/subjects/{entry['subject']}/versions"
            numbers = [*range(1, entry["version"] + 1)]
            self.when(f"GET {path}?deleted=true", (200, numbers))
            found = {**entry, "id": schema_id, "schema": text, **more}
            self.when(f"GET {path}/{entry['version']}?deleted=true", (200, found))
        self.when(f"GET /schemas/ids/{schema_id}", (200, {"schema": text, **more}))
        self.when(f"GET /schemas/ids/{schema_id}/versions?deleted=true", (200, entries))

    def _version_of(self, subject: str, schema_id: int) -> dict[str, Any]:
        of_subject = self._ids.setdefault(subject, [])
        if schema_id not in of_subject:
            of_subject.append(schema_id)
        return {"subject": subject, "version": 1 + of_subject.index(schema_id)}

    def asked(self) -> list[str]:
        """What came, as "GET /path"."""
        return [f"{method} {path}" for method, path, _, _ in self.requests]

    def _answer(self, method: str, path: str) -> tuple[int, bytes]:
        nothing = ABSENT if path.startswith("/subjects/") else (404, b"<html>Not Found</html>")
        answers = self.answers.get((method, path), [nothing])
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        return status, body if isinstance(body, bytes) else json.dumps(body).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                sent = json.loads(body) if body else None
                fake.requests.append((self.command, self.path, dict(self.headers), sent))
                status, text = fake._answer(self.command, self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *args: Any) -> None:
                pass

        return Handler
