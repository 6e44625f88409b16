import KafkaCodec
package import KafkaMessages
package import KafkaWire
package import NIOCore

/// Frames of requests that Sluice itself makes.
package enum RequestFrame {
    /// A whole frame with its size prefix.
    ///
    /// - Parameters:
    ///   - message: the body.
    ///   - version: the version that it is written in.
    ///   - correlationID: the number by which its response is known.
    ///   - clientID: under which the broker counts it.
    ///   - allocator: where the frame is taken from.
    /// - Returns: size, header and body; the header is flexible where the version is.
    /// - Throws: ``WireError`` if the message cannot be written at the version.
    package static func encode(
        _ message: any RequestMessage, version: Int16, correlationID: Int32, clientID: String,
        allocator: ByteBufferAllocator
    ) throws(WireError) -> ByteBuffer {
        var writer = WireWriter()
        try message.encode(into: &writer, version: version)
        var body = writer.finish()
        let key = type(of: message).apiKey
        var frame = allocator.buffer(capacity: body.readableBytes + 32)
        frame.writeInteger(Int32(0))
        frame.writeInteger(key.rawValue)
        frame.writeInteger(version)
        frame.writeInteger(correlationID)
        frame.writeKafkaString(Array(clientID.utf8), compact: false)
        if HeaderForm.request(key, version) == .flexible { frame.writeInteger(UInt8(0)) }
        frame.writeBuffer(&body)
        frame.setInteger(Int32(clamping: frame.readableBytes - 4), at: frame.readerIndex)
        return frame
    }
}
