"""The admin server's page for people, in a real browser, before a real proxy.

The proxy is the program named by the environment variable SLUICE (.build/debug/sluice unless set).
"""

import html.parser
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import threading
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SLUICE = os.environ.get("SLUICE", str(ROOT / ".build/debug/sluice"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOSTILE_CLIENT_ID = "<img src=x onerror=document.body.dataset.broken=1>"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not os.access(SLUICE, os.X_OK), reason=f"{SLUICE} has not been built"),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    pytest.fail(f"{what}: not within {seconds} s")


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


class Broker(threading.Thread):
    """Answers every request as if it were an ApiVersions 0 request: with an empty list."""

    def __init__(self):
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]

    def run(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    @staticmethod
    def serve(connection):
        with connection:
            try:
                while True:
                    (size,) = struct.unpack(">i", read_exactly(connection, 4))
                    request = read_exactly(connection, size)
                    answer = request[4:8] + struct.pack(">hi", 0, 0)
                    connection.sendall(struct.pack(">i", len(answer)) + answer)
            except (EOFError, OSError):
                pass


class Proxy:
    """A running proxy before one broker."""

    def __init__(self, folder, broker_port):
        self.admin_port, self.port = free_port(), free_port()
        self.admin = f"http://127.0.0.1:{self.admin_port}"
        configuration = folder / "sluice.yaml"
        configuration.write_text(
            f"""
admin:
  address: 127.0.0.1:{self.admin_port}
listeners:
  - name: apps
    address: 127.0.0.1:{self.port}
    cluster: main
    brokers:
      mode: pass_through
clusters:
  - name: main
    bootstrap_servers: ["127.0.0.1:{broker_port}"]
"""
        )
        self.process = subprocess.Popen([SLUICE, "run", "-c", str(configuration)])

    def get(self, path):
        with urllib.request.urlopen(self.admin + path, timeout=5) as response:
            return response.read().decode()

    def is_alive(self):
        assert self.process.poll() is None, "the proxy has ended"
        try:
            return self.get("/livez") != ""
        except OSError:
            return False


@pytest.fixture
def broker():
    broker = Broker()
    broker.start()
    yield broker
    broker.server.close()


@pytest.fixture
def proxy(tmp_path, broker):
    proxy = Proxy(tmp_path, broker.port)
    try:
        wait_for("the admin server", proxy.is_alive)
        yield proxy
    finally:
        proxy.process.terminate()
        try:
            proxy.process.wait(30)
        except subprocess.TimeoutExpired:
            proxy.process.kill()
            proxy.process.wait()


def say_hello(proxy, client_id):
    """Sends one ApiVersions request with this client ID and waits for the answer."""
    name = client_id.encode()
    request = struct.pack(">hhih", 18, 0, 7, len(name)) + name
    with socket.create_connection(("127.0.0.1", proxy.port), 10) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", read_exactly(connection, 4))
        assert read_exactly(connection, size)[:4] == struct.pack(">i", 7)


def browse(folder, url, *options):
    """What Chromium says of a page after it has refreshed itself a few times."""
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1280,1100",
        "--virtual-time-budget=7000",
        "--enable-logging=stderr",
        f"--user-data-dir={folder / 'browser'}",
        *options,
        url,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


class Page(html.parser.HTMLParser):
    """The elements of a page, and the text inside those that have an ID."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.attributes = [], {}, {}
        self.open = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        attributes = dict(attributes)
        if tag == "body":
            self.attributes = attributes
        if tag not in ("meta", "link", "img", "br", "path", "polygon", "polyline"):
            self.open.append(attributes.get("id"))

    def handle_endtag(self, tag):
        if self.open and tag not in ("path", "polygon", "polyline"):
            self.open.pop()

    def handle_data(self, data):
        for name in filter(None, self.open):
            self.texts[name] = self.texts.get(name, "") + data


def test_the_page_works_before_any_client_has_come(tmp_path, proxy):
    result = browse(tmp_path, proxy.admin + "/", "--dump-dom")
    page = Page(result.stdout)
    assert int(page.attributes.get("data-refreshes", 0)) >= 2, result.stderr
    assert page.texts["apis"] == "No requests yet."
    assert page.texts["clients"] == "No clients yet."
    assert "apps" in page.texts["listeners"]
    assert "main" in page.texts["brokers"]
    assert "Uncaught" not in result.stderr
    assert "Content Security Policy" not in result.stderr


def test_the_page_shows_clients_and_believes_nothing_they_say(tmp_path, proxy):
    say_hello(proxy, HOSTILE_CLIENT_ID)
    wait_for("the client in the metrics", lambda: HOSTILE_CLIENT_ID in proxy.get("/stats"))
    result = browse(tmp_path, proxy.admin + "/", "--dump-dom")
    page = Page(result.stdout)
    assert "ApiVersions" in page.texts["apis"]
    assert HOSTILE_CLIENT_ID in page.texts["clients"]
    assert "img" not in page.tags
    assert "data-broken" not in page.attributes
    assert "Uncaught" not in result.stderr


def test_the_page_can_be_seen(tmp_path, proxy):
    picture = tmp_path / "page.png"
    browse(tmp_path, proxy.admin + "/", f"--screenshot={picture}")
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture.stat().st_size > 20_000, "the page is all but empty"
