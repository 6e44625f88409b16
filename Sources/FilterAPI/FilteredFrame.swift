import KafkaCodec
public import KafkaMessages
public import KafkaWire
package import NIOCore

/// What requests and responses have in common for a filter: a frame, its fields, its typed body, changes.
///
/// A frame is there only if it lies in memory whole; a frame that streams past shows its header and what was learned.
/// Fields and body may be read and changed in turns: each shows the changes made through the other, and by the filters
/// before.
public struct FilteredFrame {
    /// The frame without its size prefix, as it came or as it was written anew; nil if it streams past.
    package private(set) var frame: ByteBuffer?
    private var apiKey: APIKey
    private var apiVersion: Int16
    private let direction: Direction
    private let bodyOffset: Int
    private var located: [LocatedField]?
    private var tagSizes: [FieldLocation] = []
    /// New values of fields, by where the field begins; not written into the frame yet.
    private var replacements: [Int: (field: LocatedField, value: [UInt8])] = [:]
    /// The typed body, once it was asked for or set, and the bytes after its end.
    private var decoded: (any KafkaMessage)?
    private var trailing: ByteBuffer?
    /// True if `decoded` is not written into the frame yet.
    private var hasNewBody = false
    /// How many changes were made.
    package private(set) var changes = 0

    package init(frame: ByteBuffer?, apiKey: APIKey, apiVersion: Int16, direction: Direction, bodyOffset: Int) {
        self.frame = frame
        self.apiKey = apiKey
        self.apiVersion = apiVersion
        self.direction = direction
        self.bodyOffset = bodyOffset
    }

    /// Stands for another frame that streams past.
    package mutating func begin(_ apiKey: APIKey, _ apiVersion: Int16) {
        if changes > 0 || frame != nil {
            self = FilteredFrame(
                frame: nil, apiKey: apiKey, apiVersion: apiVersion, direction: direction, bodyOffset: 0)
        }
        self.apiKey = apiKey
        self.apiVersion = apiVersion
    }

    /// True if the frame lies in memory whole, so that it can be read and changed.
    public var isWhole: Bool { frame != nil }

    /// True if something was changed.
    package var isChanged: Bool { changes > 0 }

    private var layout: MessageLayout? {
        guard let layout = MessageLayout.layout(apiKey, direction), layout.validVersions.contains(apiVersion) else {
            return nil
        }
        return layout
    }

    /// The fields that have a role, in the order of the frame; empty for a frame that streams past.
    ///
    /// - Throws: ``WireError`` if the body cannot be read.
    public mutating func fields() throws(WireError) -> [LocatedField] {
        if hasNewBody { try settle(allocator: ByteBufferAllocator()) }
        if let located { return located }
        guard let frame, let layout else { return [] }
        var gatherer = FieldGatherer()
        _ = try Self.walk(frame, WalkProgram(layout: layout, version: apiVersion, roles: .all), bodyOffset, &gatherer)
        located = gatherer.fields
        tagSizes = gatherer.closedTags.map(\.size)
        return gatherer.fields
    }

    /// Walks a body, and says where it ends in the frame.
    private static func walk(
        _ frame: ByteBuffer, _ program: WalkProgram, _ start: Int, _ sink: inout FieldGatherer
    ) throws(WireError) -> Int {
        var walker = FieldWalker(program: program, position: start, end: frame.readableBytes)
        var failure: WireError?
        var progress = FieldWalker.Progress.needsMore
        frame.withUnsafeReadableBytes { bytes in
            var consumed = 0
            do throws(WireError) {
                progress = try walker.resume(
                    UnsafeRawBufferPointer(rebasing: bytes[min(start, bytes.count)...]), consumed: &consumed,
                    sink: &sink)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard progress == .finished else {
            throw WireError(.truncated, at: frame.readableBytes, expected: 1, actual: 0, field: "body")
        }
        return walker.position
    }

    /// The text of a field, with what filters changed; nil if it is null or no text.
    public func string(_ field: LocatedField) -> String? {
        if let changed = replacements[field.location.start] { return String(decoding: changed.value, as: UTF8.self) }
        guard !field.isNull, let frame else { return nil }
        return frame.getString(
            at: frame.readerIndex + field.location.valueStart, length: field.location.valueLength)
    }

    /// Replaces the text of a field. A field of fixed size is no text and stays as it is.
    ///
    /// - Parameters:
    ///   - field: one of ``fields()``; not to be kept over a change of the body.
    ///   - text: at most 32,767 bytes; a longer one makes the message unwritable.
    public mutating func replace(_ field: LocatedField, with text: String) {
        guard field.location.valueStart > field.location.start else { return }
        replacements[field.location.start] = (field, Array(text.utf8))
        changes += 1
    }

    /// The typed body.
    ///
    /// - Throws: ``WireError`` if the body cannot be read; `truncated` if the frame streams past.
    public mutating func body<Message: KafkaMessage>(_ type: Message.Type) throws(WireError) -> Message {
        if !replacements.isEmpty { try settle(allocator: ByteBufferAllocator()) }
        if let decoded = decoded as? Message { return decoded }
        guard let frame,
            let body = frame.getSlice(
                at: frame.readerIndex + bodyOffset, length: max(0, frame.readableBytes - bodyOffset))
        else { throw WireError(.truncated, at: 0, expected: 1, actual: 0, field: "frame") }
        var reader = WireReader(body)
        let message = try Message.decode(from: &reader, version: apiVersion)
        trailing = reader.rest
        decoded = message
        return message
    }

    /// Puts a changed body in the place of the one that came.
    public mutating func setBody(_ message: any KafkaMessage) {
        // What follows the old body has to be known before it goes: it follows the new one.
        if trailing == nil { trailing = bytesAfterBody() }
        replacements = [:]
        decoded = message
        hasNewBody = true
        changes += 1
    }

    private func bytesAfterBody() -> ByteBuffer? {
        guard let frame, let layout else { return nil }
        var gatherer = FieldGatherer()
        let program = WalkProgram(layout: layout, version: apiVersion, roles: [])
        guard let end = try? Self.walk(frame, program, bodyOffset, &gatherer) else { return nil }
        return frame.getSlice(at: frame.readerIndex + end, length: frame.readableBytes - end)
    }

    /// Takes the changes back that were made since.
    package mutating func discardChanges(to before: FilteredFrame) {
        if changes != before.changes { self = before }
    }

    /// The frame with the changes made, behind its size prefix; nil if nothing was changed.
    ///
    /// - Throws: ``WireError`` if the new body cannot be written at the version.
    package mutating func encoded(allocator: ByteBufferAllocator) throws(WireError) -> ByteBuffer? {
        guard isChanged, frame != nil else { return nil }
        try settle(allocator: allocator)
        guard var bytes = frame else { return nil }
        bytes.moveReaderIndex(to: bytes.readerIndex - 4)
        return bytes
    }

    /// Writes what was changed into the frame, which then has its size before it.
    private mutating func settle(allocator: ByteBufferAllocator) throws(WireError) {
        guard let old = frame else { return }
        var bytes: ByteBuffer
        if hasNewBody, let decoded {
            var writer = WireWriter()
            try decoded.encode(into: &writer, version: apiVersion)
            var body = writer.finish()
            let size = bodyOffset + body.readableBytes + (trailing?.readableBytes ?? 0)
            bytes = allocator.buffer(capacity: size + 4)
            bytes.writeInteger(UInt32(clamping: size))
            if var head = old.getSlice(at: old.readerIndex, length: bodyOffset) { bytes.writeBuffer(&head) }
            bytes.writeBuffer(&body)
            if let trailing { bytes.writeImmutableBuffer(trailing) }
            hasNewBody = false
        } else if !replacements.isEmpty {
            bytes = try edited(old, allocator: allocator)
            replacements = [:]
            decoded = nil
            trailing = nil
        } else {
            return
        }
        located = nil
        bytes.moveReaderIndex(forwardBy: 4)
        frame = bytes
    }

    private func edited(_ frame: ByteBuffer, allocator: ByteBufferAllocator) throws(WireError) -> ByteBuffer {
        var edits = FrameEdits()
        let isCompact = layout.map { apiVersion >= $0.firstFlexibleVersion } ?? false
        for (field, value) in replacements.values.sorted(by: { $0.field.location.start < $1.field.location.start }) {
            guard value.count <= Int(Int16.max) else {
                throw WireError(
                    .lengthTooLarge, at: field.location.start, expected: Int(Int16.max), actual: value.count,
                    field: "string")
            }
            let prefix = field.location.valueStart - field.location.start
            edits.replace(field.location.start..<field.location.end) { buffer in
                if prefix == 4, !isCompact {
                    buffer.writeInteger(Int32(clamping: value.count))
                    buffer.writeBytes(value)
                } else {
                    buffer.writeKafkaString(value, compact: isCompact)
                }
            }
        }
        edits.resize(tags: tagSizes)
        return edits.apply(to: frame, allocator: allocator)
    }
}
