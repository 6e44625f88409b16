import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

@testable import ProxyRuntime

/// What the fuzz targets do with their bytes. A promise that is broken traps, which is what a fuzzer finds.
package enum FuzzEntries {
    /// All entries, by the name of their target and its corpus.
    package static let all: [String: @Sendable (UnsafeRawBufferPointer) -> Void] = [
        "connection": connection, "messages": message, "proxy_header": proxyHeader, "records": records, "walk": walk,
    ]

    /// A message of which the first bytes choose API, version and direction.
    private struct Choice {
        let layout: MessageLayout
        let type: any APIMessage.Type
        let version: Int16
        let body: UnsafeRawBufferPointer

        init?(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count >= 2 else { return nil }
            let direction: Direction = bytes[0] & 0x80 == 0 ? .request : .response
            let key = APIKey(rawValue: Int16(bytes[0] & 0x7f))
            guard let layout = MessageLayout.layout(key, direction), let type = key.messageType(direction) else {
                return nil
            }
            self.layout = layout
            self.type = type
            version = layout.validVersions.lowerBound + Int16(bytes[1]) % Int16(layout.validVersions.count)
            body = UnsafeRawBufferPointer(rebasing: bytes[2...])
        }
    }

    /// Decodes a message; what was decoded comes back the same when it is written and read again.
    @Sendable
    package static func message(_ bytes: UnsafeRawBufferPointer) {
        guard let choice = Choice(bytes),
            let first = try? decode(choice.type, ByteBuffer(bytes: choice.body), choice.version),
            let written = try? encode(first, choice.version)
        else { return }
        guard let second = try? decode(choice.type, written, choice.version),
            let again = try? encode(second, choice.version)
        else { preconditionFailure("\(choice.layout.name) v\(choice.version) cannot be read again") }
        precondition(again == written, "\(choice.layout.name) v\(choice.version) changed")
    }

    private static func decode(
        _ type: any APIMessage.Type, _ bytes: ByteBuffer, _ version: Int16
    ) throws(WireError) -> any APIMessage {
        var reader = WireReader(bytes)
        return try type.decode(from: &reader, version: version)
    }

    private static func encode(_ message: any APIMessage, _ version: Int16) throws(WireError) -> ByteBuffer {
        var writer = WireWriter()
        try message.encode(into: &writer, version: version)
        return writer.finish()
    }

    /// Counts fields and their bytes.
    private struct Count: FieldSink, Equatable {
        var fields = 0
        var bytes = 0
        var marks = 0

        mutating func field(_ role: FieldRole, _ location: FieldLocation, _ value: UnsafeRawBufferPointer) {
            fields += 1
            bytes = value.reduce(bytes) { $0 &* 31 &+ Int($1) }
        }
        mutating func nullField(_ role: FieldRole, _ location: FieldLocation) { fields += 1 }
        mutating func recordBytes(_ records: UnsafeRawBufferPointer) {
            bytes = records.reduce(bytes) { $0 &* 31 &+ Int($1) }
        }
        mutating func beginElement(at position: Int) { marks &+= position }
        mutating func endTag(at position: Int) { marks &+= position }
    }

    /// Walks a body whole and in pieces: both see the same, and neither takes bytes behind the frame.
    @Sendable
    package static func walk(_ bytes: UnsafeRawBufferPointer) {
        _ = try? RequestHead.read(bytes, frameSize: bytes.count)
        guard let choice = Choice(bytes) else { return }
        let program = WalkProgram(
            layout: choice.layout, version: choice.version, roles: .all, reportingElementsOf: [.brokerID])
        let whole = walk(choice.body, program, pieces: choice.body.count)
        for pieces in [1, 3] {
            let other = walk(choice.body, program, pieces: pieces)
            precondition(other.finished == whole.finished && other.failed == whole.failed, "\(choice.layout.name)")
            if whole.finished { precondition(other.count == whole.count, "\(choice.layout.name)") }
        }
        // A body that can be read can be walked, to the same place.
        var reader = WireReader(ByteBuffer(bytes: choice.body))
        if (try? choice.type.decode(from: &reader, version: choice.version)) != nil {
            precondition(
                whole.finished && whole.position == reader.position, "\(choice.layout.name) v\(choice.version)")
        }
    }

    private struct Walked {
        var count = Count()
        var finished = false
        var failed = false
        var position = 0
    }

    private static func walk(_ body: UnsafeRawBufferPointer, _ program: WalkProgram, pieces: Int) -> Walked {
        var walked = Walked()
        var walker = FieldWalker(program: program, position: 0, end: body.count)
        var available = 0
        repeat {
            available = min(body.count, available + max(1, pieces))
            var consumed = 0
            do throws(WireError) {
                let rest = UnsafeRawBufferPointer(rebasing: body[walked.position..<available])
                walked.finished = try walker.resume(rest, consumed: &consumed, sink: &walked.count) == .finished
            } catch {
                walked.failed = true
            }
            walked.position += consumed
            precondition(walked.position <= available)
        } while !walked.finished && !walked.failed && available < body.count
        return walked
    }

    /// Counts records in chunks of several sizes.
    @Sendable
    package static func records(_ bytes: UnsafeRawBufferPointer) {
        func count(_ chunk: Int) -> Int {
            var scanner = RecordsScanner()
            scanner.begin()
            var position = 0
            while position < bytes.count {
                let end = min(bytes.count, position + chunk)
                scanner.scan(UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
                position = end
            }
            return scanner.records
        }
        let whole = count(max(1, bytes.count))
        for chunk in [1, 13, 61] { precondition(count(chunk) == whole) }
    }

    /// Reads a PROXY header that comes byte by byte: it is told from the rest at one and the same place.
    @Sendable
    package static func proxyHeader(_ bytes: UnsafeRawBufferPointer) {
        guard case .header(let header, let length) = ProxyProtocolHeader.read(ByteBuffer(bytes: bytes)) else { return }
        precondition(length <= bytes.count)
        for end in 0..<length {
            precondition(ProxyProtocolHeader.read(ByteBuffer(bytes: bytes[..<end])) == .needsMore)
        }
        precondition(
            ProxyProtocolHeader.read(ByteBuffer(bytes: bytes[..<length])) == .header(header, length: length))
    }

    /// A connection: each chunk has a byte before it that says which side sends it and how long it is.
    @Sendable
    package static func connection(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return }
        let filters: [FilterChain.Entry] =
            switch first & 3 {
            case 1: [.scripted(ScriptedFilter("a", Journal(), interests: bothWays(.fields)))]
            case 2: [.scripted(ScriptedFilter("a", Journal(), interests: bothWays(.body)))]
            case 3: [.scripted(reader)]
            default: []
            }
        guard let connections = try? Connections(filters) else { return }
        var position = 1
        while position < bytes.count, !connections.isClosed {
            let mark = bytes[position]
            let end = min(bytes.count, position + 1 + (mark & 0x7f == 0x7f ? bytes.count : Int(mark & 0x7f)))
            let chunk = ByteBuffer(bytes: bytes[(position + 1)..<end])
            if mark & 0x80 == 0 { try? connections.clientSends(chunk) } else { try? connections.brokerSends(chunk) }
            position = end
        }
        if connections.isClosed { precondition(connections.shared.budget.usage.bytes == 0) }
    }

    private static func bothWays(_ depth: Depth) -> [Interest] {
        [Interest(nil, .request, depth: depth), Interest(nil, .response, depth: depth)]
    }

    /// Reads all fields of what passes, and writes texts back as they are.
    private static var reader: ScriptedFilter {
        ScriptedFilter(
            "reader", Journal(),
            request: { request in
                for field in (try? request.frame.fields()) ?? [] where field.role == .topicName {
                    if let text = request.frame.string(field) { request.frame.replace(field, with: text) }
                }
                return .forward
            },
            response: { response in
                for field in (try? response.frame.fields()) ?? [] where field.role == .topicName {
                    if let text = response.frame.string(field) { response.frame.replace(field, with: text) }
                }
                return .forward
            })
    }
}
