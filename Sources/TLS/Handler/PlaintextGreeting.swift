import NIOCore

/// The first bytes of a peer that does not speak TLS, and what it may be that speaks.
struct PlaintextGreeting {
    private let bytes: [UInt8]

    init(_ buffer: ByteBuffer) {
        bytes = Array(buffer.readableBytesView.prefix(8))
    }

    /// What happened and what to do about it.
    func text(isClient: Bool) -> String {
        let shown = bytes.hexadecimal
        if isClient {
            return "the server speaks no TLS (it began with the bytes \(shown)): does this port speak plain text?"
        }
        let hint =
            isKafka
            ? "this looks like a Kafka request in plain text: set security.protocol=SSL or SASL_SSL at the client"
            : isHTTP ? "this looks like an HTTP request" : "the client must speak TLS here"
        return "the client speaks no TLS (it began with the bytes \(shown)): \(hint)"
    }

    /// A size below 16 MiB, as all requests without records have.
    private var isKafka: Bool { bytes.first == 0 }

    private var isHTTP: Bool {
        ["GET ", "POST", "HEAD", "PUT ", "OPTI", "CONN", "PRI "].contains { bytes.starts(with: $0.utf8) }
    }
}
