import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

extension Answer {
    /// The answer as a frame with its size prefix.
    ///
    /// - Throws: ``WireError`` if it cannot be written at the version.
    func encoded(
        apiKey: APIKey, apiVersion: Int16, correlationID: Int32, allocator: ByteBufferAllocator
    ) throws(WireError) -> ByteBuffer {
        var body: ByteBuffer
        switch content {
        case .body(let bytes): body = bytes
        case .message(let message):
            var writer = WireWriter()
            try message.encode(into: &writer, version: apiVersion)
            body = writer.finish()
        }
        let hasTags = HeaderForm.responseHasTags(apiKey, apiVersion)
        var frame = allocator.buffer(capacity: body.readableBytes + 9)
        frame.writeInteger(UInt32(clamping: body.readableBytes + (hasTags ? 5 : 4)))
        frame.writeInteger(correlationID)
        if hasTags { frame.writeInteger(UInt8(0)) }
        frame.writeBuffer(&body)
        return frame
    }
}

/// Looks for the first error code that is not 0.
private struct ErrorCodeSink: FieldSink {
    var errorCode: Int16 = 0

    mutating func field(_ role: FieldRole, _ location: FieldLocation, _ value: UnsafeRawBufferPointer) {
        guard errorCode == 0, value.count == 2 else { return }
        errorCode = Int16(bigEndian: value.loadUnaligned(as: Int16.self))
    }
}

extension ByteBuffer {
    /// The first error code that is not 0 in a response; 0 if there is none or it cannot be read.
    ///
    /// - Parameters:
    ///   - apiKey: which API it answers.
    ///   - apiVersion: its version.
    ///   - hasSize: true if the frame begins with its size.
    func firstErrorCode(_ apiKey: APIKey, _ apiVersion: Int16, hasSize: Bool = true) -> Int16 {
        guard let layout = MessageLayout.layout(apiKey, .response), layout.validVersions.contains(apiVersion) else {
            return 0
        }
        let prefix = hasSize ? 4 : 0
        let header = HeaderForm.responseHasTags(apiKey, apiVersion) ? 5 : 4
        let size = readableBytes - prefix
        guard size >= header, var body = getSlice(at: readerIndex + prefix + header, length: size - header) else {
            return 0
        }
        var walker = FieldWalker(
            program: WalkProgram(layout: layout, version: apiVersion, roles: [.errorCode]), position: header, end: size)
        var sink = ErrorCodeSink()
        _ = try? body.walk(&walker, end: size, &sink)
        return sink.errorCode
    }
}

extension FilteredResponse {
    /// The frame as it is to leave, behind its size prefix; nil if there is none.
    func whole(allocator: ByteBufferAllocator) throws(WireError) -> ByteBuffer? {
        if let changed = try frame.encoded(allocator: allocator) { return changed }
        guard let frame = frame.frame else { return nil }
        var bytes = allocator.buffer(capacity: frame.readableBytes + 4)
        bytes.writeInteger(UInt32(clamping: frame.readableBytes))
        bytes.writeImmutableBuffer(frame)
        return bytes
    }
}
