"""The codec against an independent one: kafka-python's, for every API and version that it knows.

What kafka-python writes must be decoded by `sluice decode` to the same values and come back byte for byte, and what is
written here must be decoded there to the same values. `SLUICE` and `PROTOCOL_TOOL` name the binaries.
"""

import base64
import importlib
import json
import os
import pkgutil
import random
import subprocess
import uuid

import pytest

kafka_protocol = pytest.importorskip("kafka.protocol")
from kafka.protocol.api_message import ApiMessage  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SLUICE = os.environ.get("SLUICE", os.path.join(ROOT, ".build/debug/sluice"))
PROTOCOL_TOOL = os.environ.get("PROTOCOL_TOOL", os.path.join(ROOT, ".build/debug/protocol-tool"))

# kafka-python renames these fields.
RENAMED = {
    ("MetadataResponse", "ClusterAuthorizedOperations"),
    ("MetadataResponse", "TopicAuthorizedOperations"),
    ("DescribeClusterResponse", "ClusterAuthorizedOperations"),
}


def message_classes():
    """All requests and responses, by (API key, direction)."""
    for module in pkgutil.walk_packages(kafka_protocol.__path__, "kafka.protocol."):
        if ".old" not in module.name:
            importlib.import_module(module.name)
    classes = {}

    def collect(cls):
        for child in cls.__subclasses__():
            if getattr(child, "_class_version", None) is None and getattr(child, "_json", None):
                classes[(child.API_KEY, child.type)] = child
            collect(child)

    collect(ApiMessage)
    return classes


CLASSES = message_classes()


def sluice(lines, *options):
    """Runs `sluice decode` over JSON lines; returns a dictionary a line."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    result = subprocess.run(
        [SLUICE, "decode", "--frames", "-", *options], input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


class Values:
    """Random values for kafka-python's classes."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def scalar(self, kind):
        pick = self.random
        # Never a default of a tagged field: such a field is left out, here and there.
        if kind == "bool":
            return True
        if kind in ("int8", "int16", "uint16", "int32", "uint32", "int64"):
            bits = int(kind.removeprefix("u").removeprefix("int")) - (0 if kind.startswith("u") else 1)
            return pick.randint(2, 2**bits - 2) * (1 if kind.startswith("u") or pick.random() < 0.5 else -1)
        if kind == "float64":
            return pick.uniform(-1e12, 1e12)
        if kind == "uuid":
            return uuid.UUID(int=pick.getrandbits(128) | 1)
        if kind == "string":
            return "".join(pick.choice("abcXYZ.-_09 äß€漢😀\"\\\n") for _ in range(pick.randint(1, 40)))
        if kind in ("bytes", "records"):
            return pick.randbytes(pick.randint(1, 300))
        if kind == "bitfield":
            return set(pick.sample(range(31), pick.randint(1, 31)))
        raise AssertionError(kind)

    def field(self, field, version):
        if field.tagged_field_q(version):
            if self.random.random() < 0.3:
                return field.default
        elif field.nullable_for_version_q(version) and self.random.random() < 0.3:
            return None
        if field.is_struct_array():
            count = self.random.randint(1 if field.tagged_field_q(version) else 0, 3)
            return [self.struct(field.array_of, version) for _ in range(count)]
        if field.is_struct():
            return self.struct(field, version)
        if field.is_array():
            count = self.random.randint(1 if field.tagged_field_q(version) else 0, 4)
            return [self.scalar(field.array_of.type_str) for _ in range(count)]
        return self.scalar(field.type_str)

    def fields(self, struct, version):
        return {
            field.name: self.field(field, version)
            for field in struct.fields.values()
            if field.for_version_q(version)
        }

    def struct(self, struct, version):
        return struct.data_class(version=version, **self.fields(struct, version))


def plain(field, value):
    """A value of kafka-python as `sluice decode` prints it."""
    if value is None:
        # kafka-python has None for a UUID or structure that was left out.
        return None
    if field.is_struct_array():
        return [plain_struct(field.array_of, item) for item in value]
    if field.is_struct():
        return plain_struct(field, value)
    if field.is_array():
        return [plain(field.array_of, item) for item in value]
    if field.type_str == "uuid":
        return value.bytes
    if field.type_str in ("bytes", "records"):
        return bytes(value).hex()
    if field.type_str == "bitfield":
        bits = sum(1 << bit for bit in value)
        return bits - (1 << 32) if bits >= 1 << 31 else bits
    return value


def plain_struct(struct, item):
    values = {}
    for field in struct.fields.values():
        if field.for_version_q(item.version):
            values[field.name] = (field, plain(field, getattr(item, field.name)))
    return values


def uuid_bytes(text):
    return base64.urlsafe_b64decode(text + "==")


def assert_equal(message, expected, printed, path):
    """Compares what `plain_struct` made with the body that `sluice decode` printed."""
    names = {}
    for name in printed:
        if not name.endswith("Name") or name.removesuffix("Name") not in printed:
            kafka = name[0].upper() + name[1:]
            snake = "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(kafka))
            names["authorized_operations" if (message, kafka) in RENAMED else snake] = name
    assert set(names) == set(expected), path
    for snake, (field, value) in expected.items():
        compare(message, field, value, printed[names[snake]], f"{path}.{snake}")


def compare(message, field, value, printed, path):
    if isinstance(value, dict):
        assert_equal(message, value, printed, path)
    elif value is None and (field.type_str == "uuid" or field.is_struct()):
        # Left out: here it has its default values.
        assert printed is None or printed == "AAAAAAAAAAAAAAAAAAAAAA" or isinstance(printed, dict), path
    elif value is None and field.type_str == "bitfield":
        # What kafka-python makes of "none given".
        assert printed in (-2147483648, 0), path
    elif isinstance(value, list):
        assert len(value) == len(printed), path
        for index, (one, other) in enumerate(zip(value, printed)):
            if isinstance(one, dict):
                assert_equal(message, one, other, f"{path}[{index}]")
            else:
                compare(message, field.array_of, one, other, f"{path}[{index}]")
    elif isinstance(value, bytes):
        assert value == uuid_bytes(printed), path
    else:
        assert value == printed, path


def written_there(seed):
    values = Values(seed)
    for (key, direction), cls in sorted(CLASSES.items()):
        for version in range(cls.min_version, cls.max_version + 1):
            message = cls(version=version, **values.fields(cls._struct, version))
            message.with_header(
                correlation_id=values.scalar("int32"), **({"client_id": "crosscheck"} if cls.is_request() else {}))
            frame = message.encode(header=True)
            line = {"direction": direction, "api_key": key, "api_version": version, "frame": bytes(frame).hex()}
            yield line, cls, message


def test_kafka_python_knows_what_it_is_taken_for():
    assert len(CLASSES) >= 90
    versions = sum(cls.max_version - cls.min_version + 1 for cls in CLASSES.values())
    assert versions >= 400


@pytest.mark.parametrize("seed", range(5))
def test_what_kafka_python_writes_comes_back_byte_for_byte(seed):
    cases = list(written_there(seed))
    for (line, cls, _), back in zip(cases, sluice([line for line, _, _ in cases], "--reencode"), strict=True):
        what = f"{cls.__name__} v{line['api_version']}"
        assert "undecoded" not in back, f"{what}: {back.get('undecoded')}"
        assert back["frame"] == line["frame"], what


@pytest.mark.parametrize("seed", range(5))
def test_what_kafka_python_writes_is_read_with_the_same_values(seed):
    cases = list(written_there(seed))
    for (line, cls, message), printed in zip(cases, sluice([line for line, _, _ in cases]), strict=True):
        what = f"{cls.__name__} v{line['api_version']}"
        assert printed["correlation_id"] == message.header.correlation_id, what
        assert "trailing" not in printed, what
        assert_equal(cls.__name__, plain_struct(cls._struct, message), printed["body"], what)


def written_here(seed, *options):
    """Random messages from the definitions, and what the generated code makes of them."""
    result = subprocess.run(
        [PROTOCOL_TOOL, "random", str(seed), *options], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return lines, sluice(lines, "--reencode")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("options", [(), ("--unknown-tags",)])
def test_random_messages_of_every_api_come_back_byte_for_byte(seed, options):
    lines, backs = written_here(seed, *options)
    assert len(lines) > 600
    for line, back in zip(lines, backs, strict=True):
        what = f"API {line['api_key']} v{line['api_version']} {line['direction']}"
        assert "undecoded" not in back, f"{what}: {back.get('undecoded')}"
        assert back["frame"] == line["frame"], what


@pytest.mark.parametrize("seed", range(5))
def test_what_is_written_here_is_read_by_kafka_python_with_the_same_values(seed):
    _, lines = written_here(seed)
    checked = 0
    for line, printed in zip(lines, sluice(lines), strict=True):
        cls = CLASSES.get((line["api_key"], line["direction"]))
        if cls is None or line["api_version"] > cls.max_version:
            continue
        what = f"{cls.__name__} v{line['api_version']}"
        data = bytes.fromhex(line["frame"])
        if cls.__name__ == "ApiVersionsResponse":
            # It reads every response with an error as version 0; only the body is compared then.
            message = ApiMessage.decode.__func__(cls, data[4:], version=line["api_version"])
        else:
            message = cls.decode(data, version=line["api_version"], header=True)
            assert message.header.correlation_id == printed["correlation_id"], what
        assert_equal(cls.__name__, plain_struct(cls._struct, message), printed["body"], what)
        checked += 1
    assert checked >= 400
