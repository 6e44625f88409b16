import KafkaCodec
public import KafkaMessages
public import KafkaWire
public import NIOCore

/// What requests and responses have in common for a filter: a frame, its fields, its typed body, changes.
///
/// A frame is there only if it lies in memory whole; a frame that streams past shows its header and what was learned.
/// Fields and body may be read and changed in turns: each shows the changes made through the other, and by the filters
/// before.
public struct FilteredFrame {
    /// The frame without its size prefix, as it came or as it was written anew; nil if it streams past.
    package private(set) var frame: ByteBuffer?
    private(set) var apiKey: APIKey
    private var apiVersion: Int16
    let direction: Direction
    private let bodyOffset: Int
    /// The fields that were read last, with what was asked for.
    private var located: (selection: FieldSelection, fields: [LocatedField])?
    /// Where the sizes of tagged fields stand in which something may have been changed.
    private var tagSizes: [FieldLocation] = []
    /// What was changed on fields and is not written into the frame yet.
    private var pending = FrameChanges()
    /// The typed body, once it was asked for or set, and the bytes after its end.
    private var decoded: (any KafkaMessage)?
    private var trailing: ByteBuffer?
    /// True if `decoded` is not written into the frame yet.
    private var hasNewBody = false
    /// The record batches, once they were asked for; they are those of the body.
    var records: FrameRecords?
    /// What opens batches.
    let opening: RecordOpening
    /// How many changes were made, but for those that the editors of records know of.
    private var ownChanges = 0

    /// How many changes were made.
    package var changes: Int {
        guard let records else { return ownChanges }
        return ownChanges + records.edits
    }

    /// A frame.
    ///
    /// - Parameters:
    ///   - frame: its bytes without the size prefix; nil if it streams past.
    ///   - apiKey: which API.
    ///   - apiVersion: its version.
    ///   - direction: a request or a response.
    ///   - bodyOffset: where the body begins.
    ///   - opening: what opens batches on the event loop; by default codecs of its own.
    package init(
        frame: ByteBuffer?, apiKey: APIKey, apiVersion: Int16, direction: Direction, bodyOffset: Int,
        opening: RecordOpening = RecordOpening()
    ) {
        self.opening = opening
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
                frame: nil, apiKey: apiKey, apiVersion: apiVersion, direction: direction, bodyOffset: 0,
                opening: opening)
        }
        self.apiKey = apiKey
        self.apiVersion = apiVersion
    }

    /// True if the frame lies in memory whole, so that it can be read and changed.
    public var isWhole: Bool { frame != nil }

    /// True if something was changed.
    package var isChanged: Bool { changes > 0 }

    // MARK: Fields

    /// The fields of a selection, in the order of the frame; empty for a frame that streams past.
    ///
    /// They are good until the body is set, or asked for after a change; and until the fields are asked for after an
    /// element was taken out.
    ///
    /// - Throws: ``WireError`` if the body cannot be read.
    public mutating func fields(_ selection: FieldSelection = .everything) throws(WireError) -> [LocatedField] {
        if hasNewBody || records?.isUnsettled ?? false { try settle(allocator: ByteBufferAllocator()) }
        if let located, located.selection === selection, !pending.removes { return located.fields }
        guard let frame, let program = selection.program(apiKey, apiVersion, direction) else { return [] }
        // Another selection may not pass through the tagged fields that hold a change.
        if !pending.isEmpty {
            try settle(allocator: ByteBufferAllocator())
            return try fields(selection)
        }
        if program.reportsNothing {
            located = (selection, [])
            tagSizes = []
            return []
        }
        var gatherer = FieldGatherer()
        _ = try Self.walk(frame, program, bodyOffset, &gatherer)
        let fields = gatherer.fields
        located = (selection, fields)
        tagSizes = gatherer.closedTags
        return fields
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

    /// The text of a field, with what filters changed; nil if it is null. Bytes that are no UTF-8 are replaced in it.
    public func string(_ field: LocatedField) -> String? {
        if let changed = pending.value(of: field) { return String(decoding: changed, as: UTF8.self) }
        guard !field.isNull, let frame else { return nil }
        return frame.getString(
            at: frame.readerIndex + field.location.valueStart, length: field.location.valueLength)
    }

    /// The bytes of a field, with what filters changed; nil if it is null.
    public func bytes(_ field: LocatedField) -> ByteBuffer? {
        if let changed = pending.value(of: field) { return ByteBuffer(bytes: changed) }
        guard !field.isNull, let frame else { return nil }
        return frame.getSlice(
            at: frame.readerIndex + field.location.valueStart, length: field.location.valueLength)
    }

    /// The number in a field of fixed size; nil if it is a string, bytes or a UUID.
    public func integer(_ field: LocatedField) -> Int64? {
        guard let bytes = fixedBytes(field) else { return nil }
        let start = bytes.readerIndex
        return switch bytes.readableBytes {
        case 1: bytes.getInteger(at: start, as: Int8.self).map(Int64.init)
        case 2: bytes.getInteger(at: start, as: Int16.self).map(Int64.init)
        case 4: bytes.getInteger(at: start, as: Int32.self).map(Int64.init)
        case 8: bytes.getInteger(at: start, as: Int64.self)
        default: nil
        }
    }

    /// The UUID in a field; nil if it is of another type.
    public func uuid(_ field: LocatedField) -> KafkaUUID? {
        guard let bytes = fixedBytes(field), bytes.readableBytes == 16,
            let high = bytes.getInteger(at: bytes.readerIndex, as: UInt64.self),
            let low = bytes.getInteger(at: bytes.readerIndex + 8, as: UInt64.self)
        else { return nil }
        return KafkaUUID(high: high, low: low)
    }

    private func fixedBytes(_ field: LocatedField) -> ByteBuffer? {
        field.isFixed ? bytes(field) : nil
    }

    // MARK: Changes of fields

    /// Replaces the text of a field, also of one that is null. A field of fixed size is no text and stays as it is.
    ///
    /// - Parameters:
    ///   - field: one of ``fields(_:)``; not to be kept over a change of the body.
    ///   - text: at most 32,767 bytes; a longer one makes the message unwritable.
    public mutating func replace(_ field: LocatedField, with text: String) {
        guard !field.isFixed else { return }
        change(field, FrameChanges.Value(form: .string, bytes: Array(text.utf8)))
    }

    /// Replaces the text of a field by bytes that need not be UTF-8; as ``replace(_:with:)`` else.
    public mutating func replace(_ field: LocatedField, withText text: [UInt8]) {
        guard !field.isFixed else { return }
        change(field, FrameChanges.Value(form: .string, bytes: text))
    }

    /// Replaces the content of a field of the type `bytes`, also of one that is null.
    ///
    /// - Parameters:
    ///   - field: one of ``fields(_:)``; not to be kept over a change of the body.
    ///   - bytes: the new content, without a length.
    public mutating func replace(_ field: LocatedField, withBytes bytes: ByteBuffer) {
        guard !field.isFixed else { return }
        change(field, FrameChanges.Value(form: .bytes, bytes: Array(bytes.readableBytesView)))
    }

    /// Replaces the number in a field of fixed size; a field of another type stays as it is, and so does one that is
    /// too small for the number.
    public mutating func replace(_ field: LocatedField, with number: Int64) {
        guard field.isFixed else { return }
        let bytes = withUnsafeBytes(of: number.bigEndian) { Array($0) }
        let size = field.location.valueLength
        guard [1, 2, 4, 8].contains(size) else { return }
        let dropped = bytes.dropLast(size)
        guard dropped.allSatisfy({ $0 == (number < 0 ? 0xFF : 0) }),
            size == 8 || (bytes[8 - size] < 0x80) == (number >= 0)
        else { return }
        change(field, FrameChanges.Value(form: .fixed, bytes: Array(bytes.suffix(size))))
    }

    /// Takes the element out of its array that a field stands in: a topic with all its partitions, a group, a name of a
    /// list. A field that stands in none stays.
    ///
    /// - Parameter field: one of ``fields(_:)`` of a selection that tells elements.
    public mutating func removeElement(of field: LocatedField) {
        guard let element = field.element, !pending.isRemoved(element) else { return }
        pending.remove(element)
        decoded = nil
        forgetRecords()
        ownChanges += 1
    }

    private mutating func change(_ field: LocatedField, _ value: FrameChanges.Value) {
        pending.set(field, to: value)
        decoded = nil
        forgetRecords()
        ownChanges += 1
    }

    /// Other batches may take the place of those that are known.
    private mutating func forgetRecords() {
        guard let records else { return }
        ownChanges += records.edits
        self.records = nil
    }

    // MARK: The typed body

    /// The typed body.
    ///
    /// - Throws: ``WireError`` if the body cannot be read; `truncated` if the frame streams past.
    public mutating func body<Message: KafkaMessage>(_ type: Message.Type) throws(WireError) -> Message {
        try body(type, settlesRecords: true)
    }

    /// The typed body; without the edits of records that are not in it yet, if it is asked for to put them there.
    mutating func body<Message: KafkaMessage>(
        _ type: Message.Type, settlesRecords: Bool
    ) throws(WireError) -> Message {
        if settlesRecords { try settleRecords() }
        if !pending.isEmpty { try settle(allocator: ByteBufferAllocator()) }
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
        pending = FrameChanges()
        forgetRecords()
        decoded = message
        hasNewBody = true
        ownChanges += 1
    }

    /// Takes a body into which records were put that were edited.
    mutating func takeEdited(_ message: any KafkaMessage, _ records: FrameRecords) {
        if trailing == nil { trailing = bytesAfterBody() }
        self.records = records
        decoded = message
        hasNewBody = true
        located = nil
    }

    private func bytesAfterBody() -> ByteBuffer? {
        guard let frame, let program = FieldSelection.nothing.program(apiKey, apiVersion, direction) else { return nil }
        var gatherer = FieldGatherer()
        guard let end = try? Self.walk(frame, program, bodyOffset, &gatherer) else { return nil }
        return frame.getSlice(at: frame.readerIndex + end, length: frame.readableBytes - end)
    }

    // MARK: Writing

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
        try settleRecords()
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
        } else if !pending.isEmpty {
            let isFlexible = MessageLayout.layout(apiKey, direction).map { apiVersion >= $0.firstFlexibleVersion }
            bytes = try pending.edits(compact: isFlexible ?? false, tags: tagSizes)
                .apply(to: old, allocator: allocator)
            pending = FrameChanges()
            decoded = nil
            trailing = nil
        } else {
            return
        }
        located = nil
        tagSizes = []
        bytes.moveReaderIndex(forwardBy: 4)
        frame = bytes
    }
}

extension LocatedField {
    /// True for a field without a length of its own: a number, a UUID.
    var isFixed: Bool { location.valueStart == location.start }
}
