"""A schema registry with the part of Confluent's interface that serializers and Sluice use, and with knobs."""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


class Registry:
    """`url` is its address. `delay` slows answers, `status` answers with an error, `down` closes the connection."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.status: int | None = None
        self.down = False
        #: The paths that were asked for, without those of serializers that register.
        self.asked: list[str] = []
        self._schemas: list[dict[str, Any]] = []
        self._subjects: dict[str, list[int]] = {}
        self._lock = threading.Lock()
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with registry._lock:
                    registry.asked.append(self.path)
                time.sleep(registry.delay)
                if registry.down:
                    self.close_connection = True
                    self.connection.close()
                    return
                if registry.status:
                    self._answer(registry.status, {"error_code": registry.status, "message": "as it was told"})
                    return
                self._answer(*registry._get(self.path))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(*registry._post(urlsplit(self.path).path, body))

            def _answer(self, status: int, body: Any) -> None:
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def register(self, subject: str, schema: str, kind: str = "AVRO") -> int:
        """Puts a schema under a subject and returns its ID."""
        with self._lock:
            entry = {"schema": schema, "schemaType": kind}
            if entry not in self._schemas:
                self._schemas.append(entry)
            schema_id = self._schemas.index(entry) + 1
            versions = self._subjects.setdefault(subject, [])
            if schema_id not in versions:
                versions.append(schema_id)
            return schema_id

    def _post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        found = re.fullmatch(r"/subjects/([^/]+)(/versions)?", path)
        if not found:
            return 404, {"error_code": 404, "message": "no such path"}
        subject = unquote(found[1])
        schema_id = self.register(subject, body["schema"], body.get("schemaType", "AVRO"))
        version = self._subjects[subject].index(schema_id) + 1
        kept = self._schemas[schema_id - 1]
        return 200, {"id": schema_id, "subject": subject, "version": version, "guid": _guid(schema_id), **kept}

    def _get(self, path: str) -> tuple[int, Any]:
        split = urlsplit(path)
        missing = 404, {"error_code": 40403, "message": "Schema not found"}
        if found := re.fullmatch(r"/schemas/ids/(\d+)(/subjects)?", split.path):
            schema_id = int(found[1])
        elif found := re.fullmatch(r"/schemas/guids/([-0-9a-f]+)(/ids)?", split.path):
            schema_id = int(found[1].replace("-", ""), 16)
            if found[2]:
                return 200, [{"context": ".", "id": schema_id}]
        else:
            return missing
        if not 1 <= schema_id <= len(self._schemas):
            return missing
        if split.path.endswith("/subjects"):
            return 200, [name for name, versions in self._subjects.items() if schema_id in versions]
        entry = self._schemas[schema_id - 1]
        answer = {"schema": entry["schema"], "id": schema_id, "guid": _guid(schema_id)}
        if entry["schemaType"] != "AVRO":
            answer["schemaType"] = entry["schemaType"]
        if entry["schemaType"] == "PROTOBUF" and "format=serialized" not in split.query:
            # What registries serve by default: the text of the file, which nobody of these tests reads.
            answer["schema"] = 'syntax = "proto3";'
        return 200, answer


def _guid(schema_id: int) -> str:
    digits = f"{schema_id:032x}"
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])

