"""Kafka clients in processes of their own, each watched for where it connects to."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from harness.waiting import DEADLINE

_SCRIPTS = Path(__file__).parents[1] / "clients"


class DirectConnection(AssertionError):
    """A client went somewhere else than to Sluice."""


class Clients:
    """Runs clients. `recorder` is the shared object that writes down connect() calls."""

    def __init__(self, recorder: Path, directory: Path) -> None:
        self._recorder = recorder
        self._directory = directory

    def start(self, command: list[str], allowed: set[int], **options: Any) -> "Client":
        return Client(command, allowed, self._recorder, self._directory, **options)

    def kcat(self, *arguments: str, allowed: set[int], standard_input: bytes | None = None) -> bytes:
        """Runs kcat to its end and returns what it printed."""
        return self.start(["kcat", *arguments], allowed).finish(standard_input)

    def script(self, name: str, action: str, allowed: set[int], **settings: Any) -> "Client":
        """Starts `action` of the client script `name`, with `settings` as its keyword arguments."""
        command = [sys.executable, str(_SCRIPTS / f"{name}.py"), json.dumps({"action": action, **settings})]
        return self.start(command, allowed)

    def run(self, name: str, action: str, allowed: set[int], **settings: Any) -> Any:
        """Runs `action` of the client script `name` to its end and returns its result."""
        return self.script(name, action, allowed, **settings).result()


class Client:
    """One client process. Every way to its end asserts where it connected to and that it ended well."""

    def __init__(self, command: list[str], allowed: set[int], recorder: Path, directory: Path) -> None:
        self._allowed = allowed
        self._record = Path(tempfile.mkstemp(dir=directory, prefix="connects-")[1])
        self._errors = tempfile.TemporaryFile(dir=directory)
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | {"LD_PRELOAD": str(recorder), "CONNECT_RECORD": str(self._record)},
        )
        self._events: Queue[dict[str, Any] | None] = Queue()
        self._reader: threading.Thread | None = None

    def event(self, name: str, deadline: float = DEADLINE) -> dict[str, Any]:
        """Waits for the next event of that name that the client prints, passing over others."""
        if self._reader is None:
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
        while True:
            try:
                event = self._events.get(timeout=deadline)
            except Empty:
                raise AssertionError(f"no event {name!r} within {deadline} s:\n{self.standard_error}") from None
            if event is None:
                self._close()
                raise AssertionError(f"the client ended without {name!r}:\n{self._error_text}")
            if event["event"] == name:
                return event

    def coming_event(self, name: str, deadline: float = DEADLINE) -> dict[str, Any]:
        """As `event`, but for one that comes after this call."""
        while True:
            try:
                if self._events.get_nowait() is None:
                    self._events.put(None)
                    break
            except Empty:
                break
        return self.event(name, deadline)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)

    def result(self, deadline: float = 45) -> Any:
        """Tells a script to end (its standard input is closed), and returns its result."""
        assert self.process.stdin
        self.process.stdin.close()
        value = self.event("result", deadline)["value"]
        self._finish(deadline)
        return value

    def finish(self, standard_input: bytes | None = None, deadline: float = 45) -> bytes:
        """Waits for the end and returns the standard output."""
        try:
            output, _ = self.process.communicate(standard_input, deadline)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the client did not end:\n{self._error_text}") from None
        self._finish(deadline)
        return output

    def kill(self) -> None:
        self.process.kill()
        self._close()
        self._errors.close()

    def _finish(self, deadline: float) -> None:
        self.process.wait(deadline)
        self._close()
        errors = self._error_text
        self._errors.close()
        assert self.process.returncode == 0, f"exit status {self.process.returncode}:\n{errors}"
        self.check_targets()

    def _close(self) -> None:
        self.process.wait(DEADLINE)
        if self._reader:
            self._reader.join(DEADLINE)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe and not pipe.closed:
                pipe.close()
        self._error_text = self.standard_error

    @property
    def standard_error(self) -> str:
        """What the client said so far on standard error."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    @property
    def targets(self) -> set[tuple[str, int]]:
        """Every address and port that the process connected to."""
        return {(host, int(port)) for host, port in (line.split() for line in self._record.read_text().splitlines())}

    def check_targets(self) -> None:
        """Asserts that the client connected to Sluice, and to nothing else."""
        targets = self.targets
        if not targets:
            raise DirectConnection("the client connected to nothing, or was not watched")
        strays = {target for target in targets if target[0] != "127.0.0.1" or target[1] not in self._allowed}
        if strays:
            raise DirectConnection(f"the client connected to {sorted(strays)}, past Sluice")
