import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

/// Fetch sessions that have to start anew (KIP-227).
enum FetchSessions {
    /// The answer that makes a client start a full session: nil if the request does not go on with one.
    ///
    /// - Parameters:
    ///   - head: the header of the Fetch request.
    ///   - frame: its frame.
    static func reset(_ head: RequestHead, _ frame: ByteBuffer) -> Answer? {
        guard head.apiVersion >= 7, FetchRequest.validVersions.contains(head.apiVersion),
            let body = frame.getSlice(at: frame.readerIndex + head.length, length: frame.readableBytes - head.length)
        else { return nil }
        var reader = WireReader(body)
        guard let request = try? FetchRequest.decode(from: &reader, version: head.apiVersion),
            request.sessionID != 0, request.sessionEpoch > 0
        else { return nil }
        var response = FetchResponse()
        response.errorCode = .fetchSessionIDNotFound
        return Answer(response)
    }
}
