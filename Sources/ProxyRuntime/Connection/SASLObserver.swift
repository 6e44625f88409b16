import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

/// Follows SASL as it passes, for one reason: after SaslHandshake v0 tokens come without a Kafka header, and nothing
/// but the exchange so far tells them from requests.
struct SASLObserver {
    /// The largest token, in bytes: brokers take no larger one before a client is known.
    static let largestToken = 512 * 1024

    private var handshakesV0 = 0
    /// True once a handshake of version 0 was answered without an error.
    private(set) var expectsToken = false

    /// A request was forwarded.
    mutating func sent(_ head: RequestHead) {
        if head.apiKey == .saslHandshake, head.apiVersion == 0 { handshakesV0 += 1 }
    }

    /// A handshake was answered.
    mutating func handshakeAnswered(version: Int16, errorCode: Int16) {
        guard version == 0, handshakesV0 > 0 else { return }
        handshakesV0 -= 1
        expectsToken = errorCode == 0
    }

    /// True if what begins at the index, behind its size, is a token; false once requests have begun.
    ///
    /// A request begins with an API key and a version that exist; the tokens of the mechanisms do not: PLAIN begins
    /// with text or a zero byte and text, SCRAM and OAUTHBEARER with `n,`, `y,`, `p=` or `c=`, GSSAPI with 0x60 or 0x05
    /// 0x04.
    mutating func isToken(_ chunk: ByteBuffer, at index: Int) -> Bool {
        guard let key = chunk.getInteger(at: index, as: Int16.self),
            let version = chunk.getInteger(at: index + 2, as: Int16.self)
        else { return true }
        guard let layout = MessageLayout.layout(APIKey(rawValue: key), .request),
            layout.validVersions.contains(version)
        else { return true }
        expectsToken = false
        return false
    }
}
