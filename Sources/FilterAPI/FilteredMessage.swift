import KafkaCodec
public import KafkaMessages
public import KafkaWire
package import NIOCore

/// What requests and responses have in common for a filter: a frame, its fields, its typed body, changes.
///
/// A frame is there only if it lies in memory whole; a frame that streams past shows its header and what was learned.
public struct FilteredFrame {
    /// The frame without its size prefix; nil if it streams past.
    package private(set) var frame: ByteBuffer?
    private let apiKey: APIKey
    private let apiVersion: Int16
    private let direction: Direction
    private let bodyOffset: Int
    private var located: [LocatedField]?
    private var tagSizes: [FieldLocation] = []
    private var replacements: [(field: LocatedField, value: [UInt8]?)] = []
    /// The typed body, once it was asked for or set, and the bytes after its end.
    private var decoded: (any KafkaMessage)?
    private var trailing = ByteBuffer()
    private var newBody: (any KafkaMessage)?

    package init(frame: ByteBuffer?, apiKey: APIKey, apiVersion: Int16, direction: Direction, bodyOffset: Int) {
        self.frame = frame
        self.apiKey = apiKey
        self.apiVersion = apiVersion
        self.direction = direction
        self.bodyOffset = bodyOffset
    }

    /// True if the frame lies in memory whole, so that it can be read and changed.
    public var isWhole: Bool { frame != nil }

    /// True if something was changed.
    package var isChanged: Bool { !replacements.isEmpty || newBody != nil }

    /// The fields that have a role, in the order of the frame; empty for a frame that streams past.
    ///
    /// - Throws: ``WireError`` if the body cannot be read.
    public mutating func fields() throws(WireError) -> [LocatedField] {
        if let located { return located }
        guard let frame, let layout = MessageLayout.layout(apiKey, direction), layout.validVersions.contains(apiVersion)
        else { return [] }
        let program = WalkProgram(layout: layout, version: apiVersion, roles: .all)
        var walker = FieldWalker(program: program, position: bodyOffset, end: frame.readableBytes)
        var gatherer = FieldGatherer()
        var failure: WireError?
        frame.withUnsafeReadableBytes { bytes in
            var consumed = 0
            do throws(WireError) {
                _ = try walker.resume(
                    UnsafeRawBufferPointer(rebasing: bytes[min(bodyOffset, bytes.count)...]),
                    consumed: &consumed,
                    sink: &gatherer
                )
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        located = gatherer.fields
        tagSizes = gatherer.closedTags.map(\.size)
        return gatherer.fields
    }

    /// The text of a field; nil if it is null or no text.
    public func string(_ field: LocatedField) -> String? {
        guard !field.isNull, let frame else { return nil }
        return frame.getString(
            at: frame.readerIndex + field.location.valueStart, length: field.location.valueLength)
    }

    /// Replaces the text of a field.
    public mutating func replace(_ field: LocatedField, with text: String) {
        replacements.append((field, Array(text.utf8)))
    }

    /// The typed body.
    ///
    /// - Throws: ``WireError`` if the body cannot be read; `truncated` if the frame streams past.
    public mutating func body<Message: KafkaMessage>(_ type: Message.Type) throws(WireError) -> Message {
        if let newBody = newBody as? Message { return newBody }
        if let decoded = decoded as? Message { return decoded }
        guard let frame, let body = frame.getSlice(at: frame.readerIndex + bodyOffset, length: frame.readableBytes - bodyOffset)
        else { throw WireError(.truncated, at: 0, expected: 1, actual: 0, field: "frame") }
        var reader = WireReader(body)
        let message = try Message.decode(from: &reader, version: apiVersion)
        trailing = reader.rest
        decoded = message
        return message
    }

    /// Puts a changed body in the place of the one that came.
    public mutating func setBody(_ message: any KafkaMessage) {
        newBody = message
    }

    /// Takes all changes back.
    package mutating func discardChanges(to before: FilteredFrame) {
        replacements = before.replacements
        newBody = before.newBody
    }

    /// The frame with the changes made, behind its size prefix; nil if nothing was changed.
    ///
    /// - Throws: ``WireError`` if the new body cannot be written at the version.
    package mutating func encoded(allocator: ByteBufferAllocator) throws(WireError) -> ByteBuffer? {
        guard let frame, isChanged else { return nil }
        if let newBody {
            var writer = WireWriter()
            try newBody.encode(into: &writer, version: apiVersion)
            var body = writer.finish()
            let size = bodyOffset + body.readableBytes + trailing.readableBytes
            var result = allocator.buffer(capacity: size + 4)
            result.writeInteger(UInt32(clamping: size))
            if var head = frame.getSlice(at: frame.readerIndex, length: bodyOffset) { result.writeBuffer(&head) }
            result.writeBuffer(&body)
            var after = trailing
            result.writeBuffer(&after)
            return result
        }
        var edits = FrameEdits()
        let isCompact = MessageLayout.layout(apiKey, direction).map { apiVersion >= $0.firstFlexibleVersion } ?? false
        for (field, value) in replacements.sorted(by: { $0.field.location.start < $1.field.location.start }) {
            edits.replace(field.location.start..<field.location.end) { buffer in
                guard let value else { return }
                buffer.writeKafkaString(value, compact: isCompact)
            }
        }
        edits.resize(tags: tagSizes)
        return edits.apply(to: frame, allocator: allocator)
    }
}

/// A request as a filter sees it. Valid during the call, and while the filter holds it.
public final class FilteredRequest {
    /// What stays with the request to its end.
    public let record: RequestRecord
    /// The frame, its fields and its body.
    public var frame: FilteredFrame
    /// The filter that is at work, by its place in the chain.
    package var current = 0

    package init(record: RequestRecord, frame: FilteredFrame) {
        self.record = record
        self.frame = frame
    }

    /// What the filter at work keeps for this request.
    public var note: (any Sendable)? {
        get { record.notes[current] }
        set { record.notes[current] = newValue }
    }

    /// Slows the client the way a broker's quota does: the response carries the time, and nothing more is read from
    /// the connection for as long. The largest time that a filter asks for counts.
    public func throttle(for time: Duration) {
        record.throttle = max(record.throttle, time)
    }

    /// Gives a part of the answer. The filter takes the part out of the request; what is left is forwarded, and the
    /// answers are merged in the order asked.
    ///
    /// - Parameters:
    ///   - part: the answer to the part.
    ///   - asked: the request as it came.
    public func answerPart<Asked: PartiallyAnswerable>(_ part: Asked.Response, asked: Asked) {
        if record.asked == nil { record.asked = asked }
        record.parts.append(part)
    }
}

/// A response as a filter sees it. Valid during the call, and while the filter holds it.
public final class FilteredResponse {
    /// What stays with the request to its end.
    public let record: RequestRecord
    /// The frame, its fields and its body.
    public var frame: FilteredFrame
    /// The filter that is at work, by its place in the chain.
    package var current = 0

    package init(record: RequestRecord, frame: FilteredFrame) {
        self.record = record
        self.frame = frame
    }

    /// What the filter at work keeps for this request.
    public var note: (any Sendable)? {
        get { record.notes[current] }
        set { record.notes[current] = newValue }
    }
}

/// How a request ended.
public struct CompletedRequest {
    /// Who gave the client its answer.
    public enum Result: Sendable, Equatable {
        /// The broker.
        case answered
        /// A filter of this name.
        case answeredByFilter(String)
        /// The proxy itself.
        case answeredByProxy
        /// No answer was asked for (`acks=0`); the request was handed to the broker.
        case noResponse
        /// The connection closed first, for this reason.
        case closed(String)
    }

    /// The request.
    public let record: RequestRecord
    /// How it ended.
    public let result: Result
    /// The size of the response as it left for the client, in bytes, without the size prefix; 0 if there was none.
    public let responseBytes: Int
    /// From the arrival of the request's first bytes to the departure of the response's last.
    public let duration: Duration
    /// The broker that the request went to; nil if none.
    public let upstream: String?
    /// What the filter kept for the request.
    public let note: (any Sendable)?

    package init(
        record: RequestRecord, result: Result, responseBytes: Int, duration: Duration, upstream: String?,
        note: (any Sendable)?
    ) {
        self.record = record
        self.result = result
        self.responseBytes = responseBytes
        self.duration = duration
        self.upstream = upstream
        self.note = note
    }
}
