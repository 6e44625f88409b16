import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@Suite("The header of a request")
struct RequestHeadTests {
    private func read(_ bytes: ArraySlice<UInt8>, frameSize: Int) throws -> RequestHead.Outcome {
        try bytes.withUnsafeBytes { try RequestHead.read($0, frameSize: frameSize) }
    }

    @Test("It says what the typed header says, and comes with its last byte", arguments: CapturedFrame.files)
    func captured(file: String) throws {
        for frame in try CapturedFrame.frames(file) where frame.direction == .request {
            let bytes = frame.bytes
            let decoded = try KafkaFrame.decodeRequest(ByteBuffer(bytes: bytes))
            guard case .request(let header) = decoded.header else { continue }
            guard case .header(let head) = try read(bytes[...], frameSize: bytes.count) else {
                Issue.record("\(frame): not whole")
                continue
            }
            #expect(head.apiKey == decoded.apiKey && head.apiVersion == decoded.apiVersion)
            #expect(head.correlationID == header.correlationID)
            #expect(head.clientID.map { String(decoding: bytes[$0], as: UTF8.self) } == header.clientID)
            for length in 0..<head.length {
                #expect(try read(bytes[..<length], frameSize: bytes.count) == .needsMore, "\(frame), \(length) bytes")
            }
            #expect(try read(bytes[..<head.length], frameSize: bytes.count) == .header(head))
            #expect(head.length == (try bodyStart(decoded, bytes)))
        }
    }

    private func bodyStart(_ frame: KafkaFrame, _ bytes: [UInt8]) throws -> Int {
        var writer = WireWriter()
        try frame.body.encode(into: &writer, version: frame.apiVersion)
        return bytes.count - frame.trailing.readableBytes - writer.finish().readableBytes
    }

    @Test("ControlledShutdown v0 has no client ID")
    func withoutClientID() throws {
        let bytes: [UInt8] = [0, 7, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1]
        let head = RequestHead(apiKey: .controlledShutdown, apiVersion: 0, correlationID: 5, clientID: nil, length: 8)
        #expect(try read(bytes[...], frameSize: bytes.count) == .header(head))
    }

    @Test("The client ID of an API that is not known is read if it makes sense there")
    func unknownAPI() throws {
        let sensible: [UInt8] = [0x03, 0xe8, 0, 0, 0, 0, 0, 5, 0, 2, 0x61, 0x62, 9, 9]
        #expect(
            try read(sensible[...], frameSize: sensible.count)
                == .header(
                    RequestHead(
                        apiKey: APIKey(rawValue: 1000), apiVersion: 0, correlationID: 5, clientID: 10..<12, length: 8)))
        for after in [[], [0], [0xff, 0xff], [0x7f, 0xff, 1]] as [[UInt8]] {
            let bytes: [UInt8] = [0x03, 0xe8, 0, 0, 0, 0, 0, 5] + after
            #expect(
                try read(bytes[...], frameSize: bytes.count)
                    == .header(
                        RequestHead(
                            apiKey: APIKey(rawValue: 1000), apiVersion: 0, correlationID: 5, clientID: nil, length: 8)))
        }
    }

    @Test("A version newer than those known has the newest header")
    func futureVersion() {
        #expect(HeaderForm.request(.produce, 99) == .flexible)
        #expect(HeaderForm.responseHasTags(.produce, 99))
        #expect(!HeaderForm.responseHasTags(.apiVersions, 99))
        #expect(HeaderForm.request(APIKey(rawValue: -1), 0) == .unknown)
        #expect(HeaderForm.request(APIKey(rawValue: .max), 0) == .unknown)
    }

    @Test(
        "A header that its frame cannot hold is an error",
        arguments: [
            [], [0], [0, 3, 0, 9, 0, 0, 0], [0, 3, 0, 9, 0, 0, 0, 1], [0, 3, 0, 9, 0, 0, 0, 1, 0],
            [0, 3, 0, 9, 0, 0, 0, 1, 0, 5, 0x61], [0, 3, 0, 9, 0, 0, 0, 1, 0xff, 0xfe],
            [0, 3, 0, 9, 0, 0, 0, 1, 0xff, 0xff],
            [0, 3, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            [0, 3, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f],
        ] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        #expect(throws: WireError.self) { try read(bytes[...], frameSize: bytes.count) }
        // What lies behind the frame does not help it.
        #expect(throws: WireError.self) {
            try read((bytes + [UInt8](repeating: 0, count: 64))[...], frameSize: bytes.count)
        }
    }
}

@Suite("Whether a Produce request wants an answer")
struct AcksReaderTests {
    private func read(_ body: [UInt8], available: Int, end: Int, version: Int16) -> AcksReader.Outcome {
        let frame = [UInt8](repeating: 0, count: 10) + body
        return frame.withUnsafeBytes { bytes in
            var reader = AcksReader(
                UnsafeRawBufferPointer(rebasing: bytes[..<(10 + available)]), position: 10, end: end)
            return reader.read(isFlexible: version >= 9, hasTransactionalID: version >= 3)
        }
    }

    @Test("It is told by `acks`, as soon as that has come", arguments: ProduceRequest.validVersions, [nil, "", "t-1"])
    func versions(version: Int16, transactionalID: String?) throws {
        for acks in [-1, 0, 1] as [Int16] {
            var request = ProduceRequest()
            request.transactionalID = transactionalID
            request.acks = acks
            request.timeoutMs = 1000
            var writer = WireWriter()
            try request.encode(into: &writer, version: version)
            let body = Array(writer.finish().readableBytesView)
            let text = version >= 3 ? (version >= 9 ? 1 : 2) + (transactionalID?.utf8.count ?? 0) : 0
            for available in 0..<(text + 2) {
                #expect(read(body, available: available, end: 10 + body.count, version: version) == .needsMore)
            }
            for available in (text + 2)...body.count {
                #expect(read(body, available: available, end: 10 + body.count, version: version) == .acks(acks))
            }
        }
    }

    @Test("A frame too short for it is malformed", arguments: ProduceRequest.validVersions)
    func short(version: Int16) {
        for end in 0..<2 {
            guard case .malformed = read([0, 0, 0], available: end, end: 10 + end, version: version) else {
                Issue.record("version \(version), \(end) bytes")
                continue
            }
        }
    }

    @Test("A length that lies is malformed")
    func lying() {
        for (version, body) in [
            (3, [0x7f, 0xff]), (3, [0x80, 0]), (9, [0xff, 0xff, 0xff, 0xff, 0x0f]), (9, [0xff, 1]),
        ]
            as [(Int16, [UInt8])]
        {
            guard case .malformed = read(body, available: body.count, end: 40, version: version) else {
                Issue.record("version \(version), \(body)")
                continue
            }
        }
    }
}
