import KafkaWire
package import NIOCore

/// The headers of a record, in the form in which the wire has them.
package enum RecordHeaders {
    /// Writes headers for ``ProducerStage``: their count, then each name and value with its length.
    ///
    /// - Parameter headers: names and values; a nil value is null.
    /// - Returns: the bytes; empty without headers.
    package static func encode(_ headers: [(name: String, value: ByteBuffer?)]) -> ByteBuffer {
        guard !headers.isEmpty else { return ByteBuffer() }
        var writer = WireWriter(minimumCapacity: 64)
        writer.writeVarint(Int32(clamping: headers.count))
        for (name, value) in headers {
            let bytes = ByteBuffer(string: name)
            writer.writeVarint(Int32(clamping: bytes.readableBytes))
            writer.writeRaw(bytes)
            guard let value else {
                writer.writeVarint(-1)
                continue
            }
            writer.writeVarint(Int32(clamping: value.readableBytes))
            writer.writeRaw(value)
        }
        return writer.finish()
    }
}
