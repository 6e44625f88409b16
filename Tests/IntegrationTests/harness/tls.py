"""TLS from the client's side: settings of client libraries, raw connections, and the openssl command."""

import ssl
import subprocess
import textwrap
from pathlib import Path
from typing import Any

from harness.authority import Authority, Pair
from harness.raw_client import RawClient
from harness.waiting import DEADLINE
from harness.wire import Request, request, response_body


def block(settings: str) -> str:
    """A `tls:` block of these settings."""
    return "tls:\n" + textwrap.indent(settings, "  ")


def librdkafka(authority: Authority, pair: Pair | None = None) -> dict[str, Any]:
    """Properties of librdkafka."""
    settings: dict[str, Any] = {"security.protocol": "ssl", "ssl.ca.location": str(authority.certificate)}
    if pair:
        settings |= {"ssl.certificate.location": str(pair.certificate), "ssl.key.location": str(pair.key)}
    return settings


def python(authority: Authority, pair: Pair | None = None) -> dict[str, Any]:
    """Keyword arguments of kafka-python and (as the script aio makes them) of aiokafka."""
    settings: dict[str, Any] = {"security_protocol": "SSL", "ssl_cafile": str(authority.certificate)}
    if pair:
        settings |= {"ssl_certfile": str(pair.certificate), "ssl_keyfile": str(pair.key)}
    return settings


def client_settings(script: str, authority: Authority, pair: Pair | None = None) -> dict[str, Any]:
    """Keyword arguments of the client script of that name."""
    return librdkafka(authority, pair) if script == "confluent" else {"security": python(authority, pair)}


def context(authority: Authority, pair: Pair | None = None) -> ssl.SSLContext:
    """What a raw client trusts and shows."""
    made = ssl.create_default_context(cafile=str(authority.certificate))
    if pair:
        made.load_cert_chain(pair.certificate, pair.key)
    return made


class TLSClient(RawClient):
    """One connection with TLS, whose handshake is over."""

    def __init__(self, port: int, tls: ssl.SSLContext, server_name: str | None = "localhost") -> None:
        super().__init__(port)
        try:
            self.socket = tls.wrap_socket(self.socket, server_hostname=server_name)
        except BaseException:
            self.socket.close()
            raise

    @property
    def peer(self) -> dict[str, Any]:
        """The certificate of the other side."""
        found = self.socket.getpeercert()  # type: ignore[attr-defined]
        assert found
        return found

    @property
    def serial(self) -> str:
        return str(self.peer["serialNumber"])


def api_versions(client: RawClient) -> int:
    """Asks for ApiVersions 0; the number of APIs that are served."""
    frame = request(18, 0, b"")
    answer = response_body(Request(frame), client.exchange(frame))
    assert answer.int16() == 0
    return len(answer.array(lambda r: (r.int16(), r.int16(), r.int16())))


def s_client(port: int, *arguments: object, typed: str = "Q\n") -> tuple[int, str]:
    """Exit status and output of `openssl s_client`."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *map(str, arguments)]
    done = subprocess.run(command, input=typed, capture_output=True, text=True, timeout=DEADLINE, check=False)
    return done.returncode, done.stdout + done.stderr


def serial_of(pair: Pair) -> str:
    """The serial number of a certificate, as `TLSClient.serial` has it."""
    command = ["openssl", "x509", "-in", str(pair.certificate), "-noout", "-serial"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().partition("=")[2]


def write_links(folder: Path, version: str, pair: Pair) -> Pair:
    """Files behind a symbolic link that is swapped, as Kubernetes mounts a secret."""
    target = folder / f"..{version}"
    target.mkdir(parents=True)
    (target / "tls.crt").write_bytes(pair.certificate.read_bytes())
    (target / "tls.key").write_bytes(pair.key.read_bytes())
    aside = folder / "..data_tmp"
    aside.symlink_to(target.name)
    aside.rename(folder / "..data")
    for name in ("tls.crt", "tls.key"):
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    return Pair(folder / "tls.crt", folder / "tls.key")
