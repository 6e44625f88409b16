import NIOCore

/// What bytes look like that are not Kafka, for a reason that helps whoever reads it.
enum ProtocolGuess {
    /// What TLS is called.
    static let tls = "tls"

    /// `tls`, `http`, `proxy_protocol`, or nil if the bytes look like none of them.
    static func of(_ chunk: ByteBuffer) -> String? {
        guard let first = chunk.getBytes(at: chunk.readerIndex, length: min(8, chunk.readableBytes)) else { return nil }
        // A TLS record: a handshake as clients begin it, or an alert as servers answer what is none; version 3.x.
        if first.starts(with: [0x16, 0x03]) || first.starts(with: [0x15, 0x03]) { return tls }
        if first.starts(with: Array("PROXY ".utf8)) || first.starts(with: [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a]) {
            return "proxy_protocol"
        }
        let methods = ["GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ", "PRI "]
        return methods.contains { first.starts(with: Array($0.utf8)) } ? "http" : nil
    }
}
