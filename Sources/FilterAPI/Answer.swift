public import KafkaMessages
import KafkaWire
public import NIOCore

/// An answer that a filter gives in the broker's place.
public struct Answer: Sendable {
    /// What the answer holds.
    package enum Content: Sendable {
        case message(any ResponseMessage)
        case body(ByteBuffer)
    }

    package let content: Content

    /// A typed answer, written at the version of the request.
    public init(_ message: any ResponseMessage) {
        content = .message(message)
    }

    /// A body that is encoded already, at the version of the request, without a header.
    public init(body: ByteBuffer) {
        content = .body(body)
    }
}
