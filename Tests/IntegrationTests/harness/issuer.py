"""Somebody who issues tokens: a key set, tokens signed by the openssl command, and a server that hands both out."""

import base64
import json
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

ISSUER = "https://issuer.example"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """`key_set` is what goes into a file; `keys_url` and `token_url` serve it and tokens by client credentials."""

    def __init__(self, directory: Path, tls: ssl.SSLContext | None = None) -> None:
        self._directory = directory
        self._keys: dict[str, Path] = {}
        #: The forms and the Authorization of the requests for tokens.
        self.asked: list[tuple[dict[str, list[str]], str]] = []
        self.lifetime = 3600
        self.keys_served = 0
        self.new_key("key-1")
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.keys_served += 1
                self._answer(issuer.key_set)

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                issuer.asked.append((form, self.headers["Authorization"]))
                token = issuer.token(lifetime=issuer.lifetime)
                self._answer(
                    json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": issuer.lifetime})
                )

            def _answer(self, text: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        scheme = "https" if tls else "http"
        self.keys_url = f"{scheme}://127.0.0.1:{self._server.server_port}/keys"
        self.token_url = f"{scheme}://127.0.0.1:{self._server.server_port}/token"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def new_key(self, name: str) -> None:
        """Tokens are signed with this key from now on; the former ones stay in the set."""
        path = self._directory / f"{name}.pem"
        subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, capture_output=True)
        self._keys[name] = path
        self._current = name

    @property
    def key_set(self) -> str:
        keys = []
        for name, path in self._keys.items():
            command = ["openssl", "rsa", "-in", path, "-noout", "-modulus"]
            modulus = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
            number = bytes.fromhex(modulus.partition("=")[2])
            keys.append({"kty": "RSA", "use": "sig", "kid": name, "n": _text(number), "e": "AQAB"})
        return json.dumps({"keys": keys})

    def token(self, subject: str = "alice", lifetime: float = 3600, **claims: Any) -> str:
        now = time.time()
        header = {"alg": "RS256", "typ": "JWT", "kid": self._current}
        body = {"iss": ISSUER, "aud": "kafka", "sub": subject, "iat": now, "exp": now + lifetime, **claims}
        signed = f"{_text(json.dumps(header).encode())}.{_text(json.dumps(body).encode())}"
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self._keys[self._current]],
            input=signed.encode(), check=True, capture_output=True,
        ).stdout  # fmt: skip
        return f"{signed}.{_text(signature)}"
