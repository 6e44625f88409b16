import FilterAPI
import KafkaMessages
import KafkaWire
import Testing

@testable import AccessLogFilter

@Suite("A line")
struct AccessLogLineTests {
    @Test("holds all fields by default, in a fixed order")
    func wholeLine() {
        let expected = """
            {"time":"2026-11-23T22:32:52.045Z","listener":"apps","connection":42,"client_address":"10.1.2.3",\
            "client_port":50412,"principal":"User:alice","client_id":"billing","software_name":"librdkafka",\
            "software_version":"2.3.0","api":"Produce","api_key":0,"version":9,"correlation_id":7,\
            "topics":["orders"],"records":12,"record_bytes":3400,"request_bytes":3512,"response_bytes":62,\
            "duration_ms":2.417,"error":"NONE","error_code":0,"result":"answered","answered_by":"broker",\
            "close_reason":null,"upstream":"2"}
            """
        #expect(Sample().line(.json(AccessLogField.allCases)) == expected)
    }

    @Test("holds the chosen fields only, in the chosen order")
    func chosenFields() {
        #expect(Sample().line(.json([.version, .api])) == #"{"version":9,"api":"Produce"}"#)
    }

    @Test(
        "writes each field as JSON",
        arguments: [
            (.listener, .text("apps")), (.connection, .number(42)), (.clientAddress, .text("10.1.2.3")),
            (.clientPort, .number(50_412)), (.principal, .text("User:alice")), (.clientID, .text("billing")),
            (.softwareName, .text("librdkafka")), (.softwareVersion, .text("2.3.0")), (.api, .text("Produce")),
            (.apiKey, .number(0)), (.version, .number(9)), (.correlationID, .number(7)), (.topics, .list(["orders"])),
            (.records, .number(12)), (.recordBytes, .number(3400)), (.requestBytes, .number(3512)),
            (.responseBytes, .number(62)), (.duration, .number(2.417)), (.error, .text("NONE")),
            (.errorCode, .number(0)), (.result, .text("answered")), (.answeredBy, .text("broker")),
            (.closeReason, .null), (.upstream, .text("2")),
        ] as [(AccessLogField, JSONLine.Value)])
    func field(_ field: AccessLogField, _ expected: JSONLine.Value) throws {
        #expect(try Sample().value(field) == expected)
    }

    @Test("has null for what is not there")
    func absentValues() throws {
        var sample = Sample()
        sample.clientID = nil
        sample.softwareName = nil
        sample.softwareVersion = nil
        sample.upstream = nil
        for field: AccessLogField in [.clientID, .softwareName, .softwareVersion, .upstream] {
            #expect(try sample.value(field) == .null, "\(field)")
        }
    }

    @Test("lists several topics, none, and says when there were more")
    func topics() throws {
        var sample = Sample()
        sample.topics = ["a", "b"]
        #expect(try sample.value(.topics) == .list(["a", "b"]))
        sample.topics = []
        #expect(try sample.value(.topics) == .list([]))
        sample.topics = (0...RequestFacts.mostTopics).map { "t\($0)" }
        #expect(try sample.value(.topics) == .list((0..<RequestFacts.mostTopics).map { "t\($0)" } + ["…"]))
    }

    @Test(
        "says who answered",
        arguments: [
            (.answered, "answered", .text("broker"), .null),
            (.answeredByProxy, "answered", .text("proxy"), .null),
            (.answeredByFilter("acl"), "answered", .text("acl"), .null),
            (.noResponse, "no_response", .null, .null),
            (.closed("upstream_closed"), "closed", .null, .text("upstream_closed")),
        ] as [(CompletedRequest.Result, String, JSONLine.Value, JSONLine.Value)])
    func results(
        _ result: CompletedRequest.Result, _ word: String, _ answeredBy: JSONLine.Value, _ reason: JSONLine.Value
    ) throws {
        var sample = Sample()
        sample.result = result
        #expect(try sample.value(.result) == .text(word))
        #expect(try sample.value(.answeredBy) == answeredBy)
        #expect(try sample.value(.closeReason) == reason)
    }

    @Test("claims no error code where there was no response, or none that can be read")
    func unknownErrors() throws {
        var sample = Sample()
        sample.result = .noResponse
        #expect(try sample.value(.error) == .null)
        #expect(try sample.value(.errorCode) == .null)
        sample.result = .closed("client")
        #expect(try sample.value(.error) == .null)
        sample.result = .answered
        sample.version = 99
        #expect(try sample.value(.error) == .null)
        sample.apiKey = APIKey(rawValue: 9999)
        #expect(try sample.value(.error) == .null)
        #expect(try sample.value(.api) == .null)
        #expect(try sample.value(.apiKey) == .number(9999))
    }

    @Test("names error codes, also those that it does not know")
    func errors() throws {
        var sample = Sample()
        sample.errorCode = .topicAuthorizationFailed
        #expect(try sample.value(.error) == .text("TOPIC_AUTHORIZATION_FAILED"))
        #expect(try sample.value(.errorCode) == .number(29))
        sample.errorCode = ErrorCode(rawValue: 9000)
        #expect(try sample.value(.error) == .text("ERROR_9000"))
        sample.errorCode = .unknownServerError
        #expect(try sample.value(.errorCode) == .number(-1))
    }

    @Test(
        "writes durations in milliseconds with three decimals",
        arguments: [
            (.zero, "0.000"), (.nanoseconds(999), "0.000"), (.microseconds(1), "0.001"), (.milliseconds(12), "12.000"),
            (.seconds(9), "9000.000"), (.seconds(86_400), "86400000.000"), (.milliseconds(-1), "0.000"),
            (.seconds(Int64.max), "9223372036854775807000.000"),
        ] as [(Duration, String)])
    func durations(_ duration: Duration, _ text: String) throws {
        var sample = Sample()
        sample.duration = duration
        let line = try sample.text("%{duration_ms}")
        if duration < .seconds(1 << 40) { #expect(line == text) } else { #expect(!line.isEmpty) }
    }

    @Test(
        "writes numbers of every length",
        arguments: [0, 1, 9, 10, 99, 100, 12_345_678_901, Int.max, -1, -10, Int.min])
    func numbers(_ number: Int) throws {
        var sample = Sample()
        sample.requestBytes = number
        #expect(try sample.text("%{request_bytes}") == "\(number)")
    }

    @Test(
        "writes times as RFC 3339",
        arguments: [
            (0, 0, "1970-01-01T00:00:00.000Z"), (951_782_400, 7, "2000-02-29T00:00:00.007Z"),
            (1_798_761_599, 999, "2026-12-31T23:59:59.999Z"),
        ] as [(Int, UInt, String)])
    func times(_ seconds: Int, _ milliseconds: UInt, _ text: String) {
        let line = Sample().line(.json([.time]), seconds: seconds, milliseconds: milliseconds)
        #expect(line == "{\"time\":\"\(text)\"}")
    }
}

@Suite("What clients choose")
struct EscapingTests {
    /// What would end a string, a line or a terminal's patience, and what only looks like it.
    static let hostile = [
        "\"", "\\", "\n", "\r\n", "\t", "\u{0}", "\u{1}", "\u{1B}[2J", "\u{7F}", "\u{9B}31m", "\u{85}", "\u{2028}",
        "\u{2029}", "é", "日本語", "🦊", "\u{FFFD}", "a\"b\\c\nd", "plain", "12345678", "1234567\"", "12345678\n",
        "exactly8\u{1}then more", "\"},{\"forged\":\"yes", "‐", "\u{A0}", "",
    ]

    @Test("comes through JSON unchanged", arguments: hostile)
    func roundTrip(_ text: String) throws {
        var sample = Sample()
        sample.clientID = text
        sample.principal = text
        sample.topics = [text]
        #expect(try sample.value(.clientID) == .text(text))
        #expect(try sample.value(.principal) == .text(text))
        #expect(try sample.value(.topics) == .list([text]))
    }

    @Test("never holds a byte that a terminal or a reader of lines obeys", arguments: hostile)
    func controlCharacters(_ text: String) throws {
        var sample = Sample()
        sample.clientID = text
        for line in [sample.line(.json([.clientID])), try sample.text("%{client_id}")] {
            let forbidden = line.unicodeScalars.filter {
                $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || (0x2028...0x2029).contains($0.value)
            }
            #expect(forbidden.isEmpty)
        }
    }

    @Test("comes through for every scalar up to U+2100, at every place in a word of eight")
    func everyScalar() throws {
        for value in UInt32(0)..<0x2100 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            var sample = Sample()
            let text = String(repeating: "x", count: Int(value % 9)) + String(Character(scalar)) + "tail of it"
            sample.clientID = text
            #expect(try sample.value(.clientID) == .text(text))
        }
    }

    @Test("is cut between characters when it is long")
    func longValues() throws {
        var sample = Sample()
        sample.clientID = String(repeating: "a", count: 256)
        #expect(try sample.value(.clientID) == .text(String(repeating: "a", count: 256)))
        sample.clientID = String(repeating: "a", count: 257)
        #expect(try sample.value(.clientID) == .text(String(repeating: "a", count: 253) + "…"))
        for start in ["", "a", "ab", "abc"] {
            sample.clientID = start + String(repeating: "🦊", count: 100)
            let kept = (253 - start.utf8.count) / 4
            #expect(try sample.value(.clientID) == .text(start + String(repeating: "🦊", count: kept) + "…"))
        }
    }
}
