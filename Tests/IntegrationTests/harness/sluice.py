"""Sluice itself, as a process."""

import http.client
import json
import os
import signal
import subprocess
import textwrap
from pathlib import Path
from typing import IO

from harness.ports import free_ports
from harness.stats import Stats
from harness.waiting import DEADLINE, eventually

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("SLUICE", ROOT / ".build/debug/sluice"))

#: What a crash leaves on standard error, whichever way it came about.
_CRASH_MARKS = ("Fatal error", "Crash:", "*** Signal", "Swift runtime failure", "AddressSanitizer", "ThreadSanitizer")

#: Broker IDs that the port range of a generated configuration has room for.
BROKER_PORTS = 12


class Sluice:
    """`sluice run` with a generated configuration; ready when the constructor returns, unless told otherwise.

    `upstream` is the bootstrap servers. With `config_map` the file is mounted as Kubernetes does it, in that folder. YAML may be added: `listener`, `cluster` and `admin` are keys for the one of
    each, `clusters` are further ones, `brokers` replaces that section, `extra` is further top-level sections. With `wait` False it need not be ready.
    """

    def __init__(
        self,
        directory: Path,
        upstream: str,
        *,
        listener: str = "",
        brokers: str = "",
        advertised_host: str = "127.0.0.1",
        cluster: str = "",
        clusters: str = "",
        admin: str = "",
        extra: str = "",
        wait: bool = True,
        config_map: Path | None = None,
        arguments: list[str] | None = None,
    ) -> None:
        ports = free_ports(BROKER_PORTS + 2)
        self.admin_port, self.port = ports[0], ports[1]
        self.broker_ports = ports[2:]
        self.directory = directory
        servers = ", ".join(upstream.split(","))
        self.configuration = f"admin:\n  address: 127.0.0.1:{self.admin_port}\n" + _indented(admin, 2)
        self.configuration += f"listeners:\n  - name: apps\n    address: 127.0.0.1:{self.port}\n    cluster: main\n"
        self.configuration += _indented(listener, 4)
        self.configuration += _indented(
            brokers or f"mode: ports\nadvertised_host: {advertised_host}\nports: {ports[2]}-{ports[-1]}", 6, "    brokers:\n"
        )
        self.configuration += f"clusters:\n  - name: main\n    bootstrap_servers: [{servers}]\n"
        self.configuration += _indented(cluster, 4)
        self.configuration += _indented(clusters, 2)
        self.configuration += _indented(extra, 0)
        directory.mkdir(parents=True, exist_ok=True)
        self.file = directory / "sluice.yaml"
        self._config_map = config_map
        if config_map:
            config_map.mkdir()
            self.swap_config_map(self.configuration)
            self.file = config_map / "sluice.yaml"
            self.file.symlink_to("..data/sluice.yaml")
        else:
            self.file.write_text(self.configuration)
        self._errors: IO[bytes] = open(directory / "stderr", "w+b")
        self._output: IO[bytes] = open(directory / "stdout", "w+b")
        self.process = subprocess.Popen(
            [BINARY, "run", "-c", self.file, *(arguments or [])],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._errors,
            cwd=directory,
            env=os.environ | {"SWIFT_BACKTRACE": "enable=yes,color=no,interactive=no,threads=crashed"},
        )
        try:
            if wait:
                eventually(self.is_ready, f"ready ({self.file})")
        except BaseException:
            self.process.kill()
            self.process.wait()
            print(self.errors)
            raise

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def client_ports(self) -> set[int]:
        """Where clients may connect to."""
        return {self.port, *self.broker_ports}

    def broker_port(self, broker: int) -> int:
        return self.broker_ports[broker]

    @property
    def errors(self) -> str:
        """All of standard error so far."""
        return (self.directory / "stderr").read_text(errors="replace")

    @property
    def output(self) -> str:
        """All of standard output so far."""
        return (self.directory / "stdout").read_text(errors="replace")

    def request(self, path: str, method: str = "GET") -> tuple[int, str]:
        """Status and body of an admin request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=DEADLINE)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def reload(self, configuration: str, expected: int = 200) -> str:
        """Writes the configuration and has it taken up; what the answer says."""
        self.file.write_text(configuration)
        status, body = self.request("/reload", "POST")
        assert status == expected, f"{status} {body}"
        return body

    def swap_config_map(self, configuration: str) -> None:
        """Puts another version into the volume: a folder of its own, and a link that is swapped."""
        assert self._config_map
        version = self._config_map / f"..{len(list(self._config_map.iterdir()))}"
        version.mkdir()
        (version / "sluice.yaml").write_text(configuration)
        aside = self._config_map / "..data_tmp"
        aside.symlink_to(version.name)
        aside.rename(self._config_map / "..data")

    @property
    def generation(self) -> int:
        """1, and one more with each reload that changed something."""
        return json.loads(self.get("/server_info"))["configuration_generation"]

    def get(self, path: str) -> str:
        status, body = self.request(path)
        assert status == 200, f"GET {path}: {status} {body}"
        return body

    def is_ready(self) -> bool:
        assert self.process.poll() is None, f"Sluice ended with {self.process.returncode}:\n{self.errors}"
        return self.request("/ready")[0] == 200

    def stats(self) -> Stats:
        return Stats(self.get("/stats"))

    def resident_bytes(self) -> int:
        """Memory of the process that is in RAM now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def stop(self, deadline: float = DEADLINE + 10, expected: tuple[int, ...] = (0,)) -> None:
        """Drains it (for up to 20 s), and asserts that it ended well."""
        if self._output.closed:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(deadline)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"SIGTERM did not end Sluice within {deadline} s:\n{self.errors}") from None
        errors = self.errors
        self._errors.close()
        self._output.close()
        assert self.process.returncode in expected, f"exit status {self.process.returncode}:\n{errors}"
        for mark in _CRASH_MARKS:
            assert mark not in errors, errors

    def __enter__(self) -> "Sluice":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.stop()
        else:
            print(self.errors[-4000:])
            self.process.kill()
            self.process.wait()
            self._errors.close()
            self._output.close()


def _indented(yaml: str, width: int, before: str = "") -> str:
    text = textwrap.dedent(yaml).strip("\n")
    return before + textwrap.indent(text, " " * width) + "\n" if text else ""


def run_to_end(*arguments: object, deadline: float = DEADLINE) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end, whatever that is."""
    return subprocess.run(
        [str(BINARY), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=deadline,
        check=False,
    )
