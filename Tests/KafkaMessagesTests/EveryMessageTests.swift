import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@Suite("Every API")
struct EveryMessageTests {
    @Test("The keys of Kafka 3.9 and 4.3 are known")
    func keys() {
        #expect(APIKey.known.map(\.rawValue) == Array(0...92))
    }

    @Test("Defaults come back at every version that can carry them", arguments: APIKey.known)
    func defaults(key: APIKey) throws {
        for direction in Direction.allCases {
            let type = try #require(key.messageType(direction))
            #expect(type.apiKey == key)
            #expect(type.direction == direction)
            for version in type.validVersions { try Self.roundTripDefault(type, version) }
        }
    }

    private static func roundTripDefault<Message: KafkaMessage>(_: Message.Type, _ version: Int16) throws {
        var writer = WireWriter()
        do throws(WireError) {
            try Message().encode(into: &writer, version: version)
        } catch {
            // A default of null in a version that needs a value.
            #expect(error.reason == .unexpectedNull)
            return
        }
        let bytes = writer.finish()
        var reader = WireReader(bytes)
        #expect(try Message.decode(from: &reader, version: version) == Message())
        #expect(reader.remaining == 0)
    }

    @Test("Request and response have the same versions", arguments: APIKey.known)
    func versions(key: APIKey) throws {
        let request = try #require(key.requestType)
        let response = try #require(key.responseType)
        #expect(request.validVersions == response.validVersions)
        #expect(request.firstFlexibleVersion == response.firstFlexibleVersion)
        #expect(key.name.map { $0 + "Request" } == request.name)
    }

    @Test(
        "The versions that only 3.9 has can be read",
        arguments: [
            (APIKey.produce, 0...13), (.fetch, 0...18), (.listOffsets, 0...11), (.metadata, 0...13),
            (.leaderAndIsr, 0...7), (.controlledShutdown, 0...3), (.describeConfigs, 0...4), (.createTopics, 0...7),
            (.shareFetch, 0...2), (.initProducerID, 0...6),
        ] as [(APIKey, ClosedRange<Int16>)])
    func olderVersions(key: APIKey, versions: ClosedRange<Int16>) {
        #expect(key.requestType?.validVersions == versions)
    }

    @Test(
        "Header versions",
        arguments: [
            (APIKey.produce, 8, 1, 0), (.produce, 9, 2, 1), (.apiVersions, 2, 1, 0), (.apiVersions, 3, 2, 0),
            (.apiVersions, 99, 2, 0), (.controlledShutdown, 0, 0, 0), (.controlledShutdown, 1, 1, 0),
            (.controlledShutdown, 3, 2, 1), (.saslHandshake, 1, 1, 0), (.metadata, 9, 2, 1),
        ] as [(APIKey, Int16, Int16, Int16)])
    func headers(key: APIKey, version: Int16, request: Int16, response: Int16) {
        #expect(key.requestHeaderVersion(version) == request)
        #expect(key.responseHeaderVersion(version) == response)
    }

    @Test("A key that is not known has no header version")
    func unknownKey() {
        #expect(APIKey(rawValue: 93).requestHeaderVersion(0) == nil)
        #expect(APIKey(rawValue: -1).responseHeaderVersion(0) == nil)
        #expect(APIKey(rawValue: 93).description == "93")
    }

    @Test("Unknown tagged fields are written between the known ones, in the order of tags")
    func unknownTaggedFields() throws {
        var response = FetchResponse()
        response.nodeEndpoints = [FetchResponse.NodeEndpoint()]
        response.unknownTaggedFields = [UnknownTaggedField(tag: 7, value: ByteBuffer(bytes: [1, 2, 3]))]
        var older = FetchResponse()
        // Where tag 0 is not known yet, it is kept as it is.
        older.unknownTaggedFields = [UnknownTaggedField(tag: 0, value: ByteBuffer(bytes: [1]))]
        for (message, version) in [(response, 16), (response, 18), (older, 12), (older, 15)] as [(FetchResponse, Int16)]
        {
            var writer = WireWriter()
            try message.encode(into: &writer, version: version)
            let bytes = writer.finish()
            var reader = WireReader(bytes)
            #expect(try FetchResponse.decode(from: &reader, version: version) == message)
            #expect(reader.remaining == 0)
        }
    }

    @Test("A tagged field that was sent with its default comes back, and only once if it is changed")
    func explicitDefaults() throws {
        // No error, no APIs, no throttling; tag 1 with epoch −1, which is the default, and tag 3 with false.
        let bytes = ByteBuffer(
            bytes: [0, 0, 1, 0, 0, 0, 0, 2, 1, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 3, 1, 0])
        var reader = WireReader(bytes)
        var response = try ApiVersionsResponse.decode(from: &reader, version: 3)
        #expect(response.finalizedFeaturesEpoch == -1)
        var writer = WireWriter()
        try response.encode(into: &writer, version: 3)
        #expect(writer.finish() == bytes)

        response.finalizedFeaturesEpoch = 5
        var changed = WireWriter()
        try response.encode(into: &changed, version: 3)
        #expect(
            changed.finish()
                == ByteBuffer(bytes: [0, 0, 1, 0, 0, 0, 0, 2, 1, 8, 0, 0, 0, 0, 0, 0, 0, 5, 3, 1, 0]))
    }

    @Test("Null is refused by a version that does not allow it")
    func nullNotAllowed() {
        var request = MetadataRequest()
        request.topics = nil
        #expect(throws: WireError(.unexpectedNull, at: 0, field: "Topics")) {
            var writer = WireWriter()
            try request.encode(into: &writer, version: 0)
        }
    }
}
