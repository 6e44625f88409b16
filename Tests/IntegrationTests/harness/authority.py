"""A certificate authority of the tests' own, by the openssl command."""

import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

_CONFIGURATION = """
[ca]
default_ca = this
[this]
dir = {directory}
database = {directory}/index.txt
new_certs_dir = {directory}/issued
certificate = {directory}/ca.pem
private_key = {directory}/ca.key
serial = {directory}/serial
crlnumber = {directory}/crlnumber
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
emailAddress = optional
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""


def _openssl(*arguments: object) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"openssl {' '.join(map(str, arguments))}\n{done.stderr}"


@dataclass(frozen=True)
class Pair:
    """A certificate with its private key, in files; the certificate's file has the chain behind it."""

    certificate: Path
    key: Path

    @property
    def settings(self) -> str:
        """As settings of Sluice."""
        return f"certificate: {self.certificate}\nprivate_key: {self.key}\n"

    def copy_to(self, other: "Pair") -> None:
        """Puts this one in the place of another, each file at once: by renaming."""
        for source, target in ((self.certificate, other.certificate), (self.key, other.key)):
            aside = target.with_suffix(".new")
            aside.write_bytes(source.read_bytes())
            aside.rename(target)


class Authority:
    """Signs certificates. `parent` makes it an intermediate one."""

    def __init__(self, directory: Path, name: str = "ca", parent: "Authority | None" = None) -> None:
        self.directory = directory / name
        (self.directory / "issued").mkdir(parents=True)
        self.configuration = self.directory / "openssl.cnf"
        self.configuration.write_text(_CONFIGURATION.format(directory=self.directory))
        (self.directory / "index.txt").touch()
        (self.directory / "serial").write_text("1000\n")
        (self.directory / "crlnumber").write_text("01\n")
        self.certificate = self.directory / "ca.pem"
        self.parent = parent
        key = self.directory / "ca.key"
        subject = f"/O=Tests/CN={name}"
        if parent:
            self._request(key, subject)
            parent._sign(self.directory / "ca.csr", self.certificate, extensions="authority")
        else:
            _openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 30,
                "-config", self._request_file("authority"), "-extensions", "authority", "-subj", subject, "-keyout", key,
                "-out", self.certificate,
            )  # fmt: skip

    def _request_file(self, section: str) -> Path:
        file = self.directory / "request.cnf"
        file.write_text(self.configuration.read_text() + "[req]\ndistinguished_name = name\n[name]\n")
        assert section
        return file

    def _request(self, key: Path, subject: str, passphrase: str | None = None) -> Path:
        request = key.with_suffix(".csr")
        protection = ["-passout", f"pass:{passphrase}"] if passphrase else ["-nodes"]
        _openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *protection, "-config",
            self._request_file("any"), "-multivalue-rdn", "-subj", subject, "-keyout", key, "-out", request,
        )  # fmt: skip
        return request

    def _sign(
        self, request: Path, target: Path, extensions: str, start: datetime | None = None, end: datetime | None = None
    ) -> None:
        now = datetime.now(timezone.utc)
        dates = [
            (start or now - timedelta(days=1)).strftime("%Y%m%d%H%M%SZ"),
            (end or now + timedelta(days=30)).strftime("%Y%m%d%H%M%SZ"),
        ]
        _openssl(
            "ca", "-batch", "-notext", "-preserveDN", "-config", self.configuration, "-extfile", self._extensions(extensions), "-startdate", dates[0],
            "-enddate", dates[1], "-in", request, "-out", target,
        )  # fmt: skip

    def _extensions(self, text: str) -> Path:
        file = self.directory / "extensions.cnf"
        if text == "authority":
            text = "basicConstraints = critical,CA:true\nkeyUsage = critical,keyCertSign,cRLSign\nsubjectKeyIdentifier = hash\n"
        file.write_text(text)
        return file

    def issue(
        self,
        name: str,
        *names: str,
        subject: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        passphrase: str | None = None,
        chain: bool = True,
    ) -> Pair:
        """A certificate in files of that `name`; `names` are alternative names, as `DNS:localhost`."""
        key = self.directory / f"{name}.key"
        certificate = self.directory / f"{name}.pem"
        request = self._request(key, subject or f"/O=Tests/CN={name}", passphrase)
        extensions = "basicConstraints = CA:false\n"
        if names:
            extensions += f"subjectAltName = {','.join(names)}\n"
        self._sign(request, certificate, extensions, start, end)
        if chain and self.parent:
            certificate.write_text(certificate.read_text() + self.certificate.read_text())
        return Pair(certificate, key)

    def expired(self, name: str, *names: str) -> Pair:
        now = datetime.now(timezone.utc)
        return self.issue(name, *names, start=now - timedelta(days=3), end=now - timedelta(days=1))

    def revoke(self, pair: Pair) -> None:
        _openssl("ca", "-config", self.configuration, "-revoke", pair.certificate)

    def revocations(self, name: str = "crl") -> Path:
        """The list of what was revoked so far, in a file."""
        file = self.directory / f"{name}.pem"
        _openssl("ca", "-config", self.configuration, "-gencrl", "-out", file)
        return file


#: What every server of the tests is called.
LOOPBACK = ("DNS:localhost", "IP:127.0.0.1")
