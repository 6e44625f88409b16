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
    /// The first error code that is not 0 in a response with its size prefix; 0 if there is none or it cannot be read.
    func firstErrorCode(_ apiKey: APIKey, _ apiVersion: Int16) -> Int16 {
        guard let layout = MessageLayout.layout(apiKey, .response), layout.validVersions.contains(apiVersion) else {
            return 0
        }
        let header = HeaderForm.responseHasTags(apiKey, apiVersion) ? 5 : 4
        guard var body = getSlice(at: readerIndex + 4 + header, length: readableBytes - 4 - header) else { return 0 }
        var walker = FieldWalker(
            program: WalkProgram(layout: layout, version: apiVersion, roles: [.errorCode]), position: header,
            end: readableBytes - 4)
        var sink = ErrorCodeSink()
        _ = try? body.walk(&walker, end: readableBytes - 4, &sink)
        return sink.errorCode
    }
}
