"""`sluice decode` from the outside: its formats, and what it does with what it cannot decode."""

import json
import os
import struct
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SLUICE = os.environ.get("SLUICE", os.path.join(ROOT, ".build/debug/sluice"))

# ApiVersions v3 of client "c", software "x" 1; and its answer: no error, no APIs.
REQUEST = "001200030000000700016300" + "0278" + "0231" + "00"
RESPONSE = "00000007" + "0000" + "01" + "00000000" + "00"


def decode(*arguments, stdin=b"", check=True):
    return subprocess.run([SLUICE, "decode", *arguments], input=stdin, capture_output=True, check=check)


def objects(*arguments, stdin=b""):
    return [json.loads(line) for line in decode(*arguments, stdin=stdin).stdout.splitlines()]


def test_a_request_in_hex_is_printed_with_header_and_body():
    (printed,) = objects(REQUEST)
    assert printed == {
        "direction": "request",
        "api_key": 18,
        "api_version": 3,
        "api": "ApiVersions",
        "correlation_id": 7,
        "client_id": "c",
        "body": {"clientSoftwareName": "x", "clientSoftwareVersion": "1"},
    }


def test_a_response_in_hex_needs_its_api_and_version():
    (printed,) = objects("--response", "--api-key", "18", "--api-version", "3", RESPONSE)
    assert printed["direction"] == "response"
    assert printed["body"]["errorCode"] == 0
    assert decode("--response", RESPONSE, check=False).returncode != 0


def test_error_codes_have_their_name_beside_them():
    (printed,) = objects("--response", "--api-key", "18", "--api-version", "0", "00000007" + "0023" + "00000000")
    assert printed["body"] == {"errorCode": 35, "errorCodeName": "UNSUPPORTED_VERSION", "apiKeys": []}


def test_bytes_after_the_end_of_the_body_are_shown_and_written_back():
    (printed,) = objects(REQUEST + "abcd")
    assert printed["trailing"] == "abcd"
    assert decode("--reencode", REQUEST + "abcd").stdout.decode().strip() == REQUEST + "abcd"


def test_frames_with_their_sizes_come_back_as_they_were():
    frames = [bytes.fromhex(REQUEST), bytes.fromhex(REQUEST) + b"!"]
    wire = b"".join(struct.pack(">i", len(frame)) + frame for frame in frames)
    assert len(objects("--binary", "-", stdin=wire)) == 2
    assert decode("--binary", "-", "--reencode", stdin=wire).stdout == wire


def test_a_size_that_lies_is_an_error():
    for wire in [struct.pack(">i", -1), struct.pack(">i", 2**31 - 1) + b"x", b"\0\0"]:
        assert decode("--binary", "-", stdin=wire, check=False).returncode != 0


def test_what_cannot_be_decoded_is_written_back_with_the_reason():
    lines = [
        {"direction": "request", "api_key": 18, "api_version": 99, "note": "kept", "frame": "001200630000000100016300"},
        {"direction": "response", "api_key": 999, "api_version": 0, "frame": "00000000"},
        {"direction": "request", "frame": "0012"},
        {"direction": "request", "frame": "6e0a", "raw": True},
        {"direction": "request", "frame": "zz"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    for options in [(), ("--reencode",)]:
        printed = objects("--frames", "-", *options, stdin=text)
        reasons = [line.pop("undecoded") for line in printed]
        assert printed == lines
        assert "version 99" in reasons[0]
        assert "999" in reasons[1]
        assert "offset 2" in reasons[2]
        assert "SASL" in reasons[3]
        assert "hex" in reasons[4]


def test_lines_without_a_frame_are_skipped():
    lines = '{"direction":"response","truncated":true,"frame":""}\n{"direction":"request","frame":"%s"}\n' % REQUEST
    assert len(objects("--frames", "-", stdin=lines.encode())) == 1


def test_a_line_that_is_not_json_is_named():
    result = decode("--frames", "-", stdin=b'{"direction":"request","frame":""}\nnonsense\n', check=False)
    assert result.returncode != 0
    assert b"line 2" in result.stderr
