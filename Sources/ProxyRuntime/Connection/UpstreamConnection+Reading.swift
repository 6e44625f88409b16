import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import Logging
import NIOCore

/// What the proxy itself reads of, and changes in, responses that are there whole.
extension UpstreamConnection {
    /// Reads a response: counts, learns, rewrites addresses.
    ///
    /// - Parameters:
    ///   - progress: what is known of the response.
    ///   - frame: the frame without its size.
    /// - Returns: the frame, changed if it had to be, and the first error code in it that is not 0, else 0.
    /// - Throws: ``WireError`` if the body cannot be read; that of ApiVersions passes all the same.
    func read(_ progress: ResponseInProgress, _ frame: ByteBuffer) throws(WireError) -> (ByteBuffer, Int16) {
        defer { isObserved = false }
        if progress.exchange.apiKey == .apiVersions { return readAPIVersions(progress, frame) }
        if progress.exchange.apiKey.isSASL { return (frame, readSignIn(progress, frame)) }
        guard let program = progress.plan.program else { return (frame, 0) }
        var errorCode = sink.errorCode
        if !isObserved, progress.plan.streams || !rewrites(progress) {
            sink.begin(record: progress.record, countsTopics: progress.plan.streams)
            sink.hidesEndpoints = false
            try walk(frame, program, progress, &sink)
            noteUnknownTopic()
            errorCode = sink.errorCode
        }
        guard rewrites(progress) else { return (frame, errorCode) }
        var rewriting = RewritingSink(cluster: shared.cluster, virtual: shared.virtual, program: program)
        try walk(frame, program, progress, &rewriting)
        rewriting.finish()
        guard !rewriting.edits.isEmpty else { return (frame, rewriting.errorCode) }
        var changed = rewriting.edits.apply(to: frame, allocator: shared.loop.allocator)
        changed.moveReaderIndex(forwardBy: 4)
        return (changed, rewriting.errorCode)
    }

    private func rewrites(_ progress: ResponseInProgress) -> Bool {
        progress.plan.rewritesAddresses || CoreRoles.teachesTopology(progress.exchange.apiKey)
    }

    private func noteUnknownTopic() {
        if let id = sink.unknownTopic { askName(of: id) }
    }

    private func walk<Sink: FieldSink>(
        _ frame: ByteBuffer, _ program: WalkProgram, _ progress: ResponseInProgress, _ sink: inout Sink
    ) throws(WireError) {
        var body = frame
        body.moveReaderIndex(forwardBy: min(progress.bodyOffset, body.readableBytes))
        var walker = FieldWalker(
            program: program, position: progress.bodyOffset, end: frame.readableBytes)
        guard try body.walk(&walker, end: frame.readableBytes, &sink) == .finished else {
            throw WireError(.truncated, at: frame.readableBytes, expected: 1, actual: 0, field: "response")
        }
    }

    /// Lowers what the broker offers to what can be read here, where it must be read. An answer that cannot be read
    /// itself passes as it is: there are brokers that answer an unsupported version with neither of the layouts.
    private func readAPIVersions(_ progress: ResponseInProgress, _ frame: ByteBuffer) -> (ByteBuffer, Int16) {
        guard frame.readableBytes >= 6,
            let errorCode = frame.getInteger(at: frame.readerIndex + 4, as: Int16.self),
            let body = frame.getSlice(at: frame.readerIndex + 4, length: frame.readableBytes - 4)
        else {
            shared.metrics.countDecodeError("api_versions_response")
            return (frame, 0)
        }
        // An unsupported version is answered in the layout of version 0.
        let version = errorCode == ErrorCode.unsupportedVersion.rawValue ? 0 : progress.exchange.apiVersion
        do throws(WireError) {
            let own = errorCode == 0 && downstream.gate?.service != nil ? APIVersionRanges.signIn : []
            guard let changed = try APIVersionRanges.lower(body, version: version, plans: shared.plans, own: own) else {
                return (frame, errorCode)
            }
            var result = shared.loop.allocator.buffer(capacity: changed.readableBytes + 4)
            result.writeInteger(progress.exchange.correlationID)
            result.writeImmutableBuffer(changed)
            return (result, errorCode)
        } catch {
            shared.metrics.countDecodeError("api_versions_response")
            return (frame, errorCode)
        }
    }

    /// The broker's bytes are not what they should be: this connection ends, and with it the client's.
    func broken(_ reason: String, _ error: WireError? = nil) {
        shared.metrics.countDecodeError(reason)
        shared.logger.warning(
            "connection closed: bytes that are not a valid response",
            metadata: [
                "reason": "\(reason)", "listener": "\(shared.name)", "broker": "\(label)",
                "api": "\(current?.exchange.apiKey.description ?? exchanges.first?.apiKey.description ?? "-")",
                "error": "\(error.map { "\($0)" } ?? "-")",
                "hint": "\(reason == "upstream_\(ProtocolGuess.tls)" ? TLSHint.tlsBroker : "-")",
            ])
        downstream.close(reason: reason)
    }
}

/// The versions that clients are offered.
enum APIVersionRanges {
    /// Lowers the highest versions in an answer to those that can be read, for APIs that must be read. Lowest versions
    /// stay: librdkafka of old needs Produce from 0 on, whatever the broker serves (KAFKA-18659).
    ///
    /// - Parameters:
    ///   - body: the broker's answer.
    ///   - version: of the answer.
    ///   - plans: which APIs must be read.
    ///   - own: the APIs that Sluice serves itself, whatever the broker does.
    /// - Returns: the new body, or nil if nothing has to change.
    /// - Throws: ``WireError`` if the answer cannot be read.
    static func lower(
        _ body: ByteBuffer, version: Int16, plans: PlanTable, own: [APIKey] = []
    ) throws(WireError) -> ByteBuffer? {
        guard ApiVersionsResponse.validVersions.contains(version) else { return nil }
        var reader = WireReader(body)
        var response = try ApiVersionsResponse.decode(from: &reader, version: version)
        let trailing = reader.rest
        var isChanged = false
        response.apiKeys = response.apiKeys.compactMap { range in
            let key = APIKey(rawValue: range.apiKey)
            guard plans.mustBeRead(key), let known = MessageLayout.layout(key, .request)?.validVersions,
                range.maxVersion > known.upperBound
            else { return range }
            isChanged = true
            guard range.minVersion <= known.upperBound else { return nil }
            var lowered = range
            lowered.maxVersion = known.upperBound
            return lowered
        }
        for key in own {
            guard let served = MessageLayout.layout(key, .request)?.validVersions else { continue }
            response.apiKeys.removeAll { $0.apiKey == key.rawValue }
            var range = ApiVersionsResponse.ApiVersion()
            range.apiKey = key.rawValue
            range.minVersion = served.lowerBound
            range.maxVersion = served.upperBound
            response.apiKeys.append(range)
            isChanged = true
        }
        guard isChanged else { return nil }
        var writer = WireWriter()
        try response.encode(into: &writer, version: version)
        var result = writer.finish()
        result.writeImmutableBuffer(trailing)
        return result
    }

    /// The APIs that Sluice serves itself where it signs clients in.
    static let signIn: [APIKey] = [.saslHandshake, .saslAuthenticate]

    /// The answer to a version of ApiVersions that is not known here: as a broker gives it, in version 0.
    static var unsupported: ApiVersionsResponse {
        var response = ApiVersionsResponse()
        response.errorCode = .unsupportedVersion
        var own = ApiVersionsResponse.ApiVersion()
        own.apiKey = APIKey.apiVersions.rawValue
        own.minVersion = ApiVersionsRequest.validVersions.lowerBound
        own.maxVersion = ApiVersionsRequest.validVersions.upperBound
        response.apiKeys = [own]
        return response
    }
}
