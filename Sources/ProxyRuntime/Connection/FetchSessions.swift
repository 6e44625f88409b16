import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

/// Fetch sessions that have to start anew (KIP-227).
enum FetchSessions {
    /// What a Fetch request makes of the session that its connection had under another chain.
    enum Next {
        /// It goes on with the session, which is refused with this answer, so that the client starts a full one.
        case refused(Answer)
        /// It begins a session of its own.
        case begins
        /// It has no session.
        case none
    }

    /// Looks at a request.
    ///
    /// - Parameters:
    ///   - head: the header of the Fetch request.
    ///   - frame: its frame.
    static func next(_ head: RequestHead, _ frame: ByteBuffer) -> Next {
        guard head.apiVersion >= 7, FetchRequest.validVersions.contains(head.apiVersion),
            let body = frame.getSlice(at: frame.readerIndex + head.length, length: frame.readableBytes - head.length)
        else { return .none }
        var reader = WireReader(body)
        guard let request = try? FetchRequest.decode(from: &reader, version: head.apiVersion) else { return .none }
        guard request.sessionID != 0, request.sessionEpoch > 0 else { return .begins }
        var response = FetchResponse()
        response.errorCode = .fetchSessionIDNotFound
        return .refused(Answer(response))
    }
}
