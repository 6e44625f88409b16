"""What the tests share: a three-broker cluster, Sluice before it, and watched clients."""

import subprocess
from pathlib import Path
from typing import Callable, Iterator

import pytest
from harness.clients import Clients
from harness.cluster import Cluster
from harness.sluice import BINARY, Sluice


def pytest_sessionstart(session: pytest.Session) -> None:
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: run `swift build` first", returncode=2)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Three brokers for all tests that leave them as they are; topics are told apart by name."""
    with Cluster() as running:
        yield running


@pytest.fixture(scope="module")
def sluice(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sluice]:
    """Sluice before `cluster`, one for each file of tests."""
    with Sluice(tmp_path_factory.mktemp("sluice"), cluster.bootstrap_servers) as running:
        yield running


@pytest.fixture
def start_sluice(tmp_path: Path) -> Iterator[Callable[..., Sluice]]:
    """Starts a Sluice for one test; it is drained at the test's end, and must end well."""
    started: list[Sluice] = []

    def start(upstream: str, **options: object) -> Sluice:
        running = Sluice(tmp_path / f"sluice-{len(started)}", upstream, **options)
        started.append(running)
        return running

    yield start
    failures: list[AssertionError] = []
    for running in started:
        try:
            running.stop()
        except AssertionError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


@pytest.fixture(scope="session")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared object that records connect() calls."""
    source = Path(__file__).with_name("harness") / "connect_recorder.c"
    target = tmp_path_factory.mktemp("recorder") / "connect_recorder.so"
    subprocess.run(
        ["cc", "-Wall", "-Wextra", "-Werror", "-O1", "-fPIC", "-shared", "-o", target, source, "-ldl"], check=True
    )
    return target


@pytest.fixture
def clients(recorder: Path, tmp_path: Path) -> Clients:
    return Clients(recorder, tmp_path)


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    """A topic name of this test's own."""
    return "".join(c if c.isalnum() else "-" for c in request.node.name)[:120]
