import KafkaMessages
package import KafkaWire
package import Settings
package import Sinks

/// The settings of a tap.
package struct TapConfiguration: Sendable {
    /// Which way records pass that are copied.
    package enum Direction: String, Sendable, Hashable, CaseIterable {
        /// What clients write.
        case produce
        /// What clients read.
        case fetch
        /// Both.
        case both
    }

    /// What a copy is of.
    package enum Mode: String, Sendable, Hashable, CaseIterable {
        /// A record.
        case records
        /// A request and its response, without what the records hold.
        case messages
    }

    /// Which topics are tapped; nil for all.
    package var topics: [StringMatcher]?
    /// Which way records pass that are copied.
    package var direction: Direction
    /// What a copy is of.
    package var mode: Mode
    /// Which APIs are tapped with ``Mode/messages``; nil for those of the direction.
    package var apis: Set<APIKey>?
    /// What records must have among their headers, all of it; empty for nothing.
    package var headers: [String: StringMatcher]
    /// How many of what matches is copied.
    package var sample: Sampling
    /// How many copies a second there are at most; nil for any number.
    package var maxPerSecond: Int?
    /// What is taken out of copies.
    package var redaction: Redaction
    /// True if documents carry the schema that Kafka Connect reads.
    package var hasConnectSchema: Bool
    /// How many bytes of copies may wait for the acknowledgement of what they are of.
    package var maxPending: ByteSize
    /// Where copies go.
    package var sink: SinkConfiguration

    /// Makes settings.
    package init(
        topics: [StringMatcher]? = nil, direction: Direction = .produce, mode: Mode = .records,
        apis: Set<APIKey>? = nil, headers: [String: StringMatcher] = [:], sample: Sampling = Sampling(),
        maxPerSecond: Int? = nil, redaction: Redaction = Redaction(), hasConnectSchema: Bool = false,
        maxPending: ByteSize = .mebibytes(16), sink: SinkConfiguration
    ) {
        self.topics = topics
        self.direction = direction
        self.mode = mode
        self.apis = apis
        self.headers = headers
        self.sample = sample
        self.maxPerSecond = maxPerSecond
        self.redaction = redaction
        self.hasConnectSchema = hasConnectSchema
        self.maxPending = maxPending
        self.sink = sink
    }

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> TapConfiguration? {
        let topics = reader.optional(
            "topics", .oneOrMore(of: .namePattern),
            "Which topics are tapped, by the names that the broker knows: names, names with * or ?, or "
                + "{ prefix | glob | regex: … }. Default: all.")
        let direction = reader.value(
            "direction", .choice(), default: Direction.produce, "What clients write, what they read, or both.")
        let mode = reader.value(
            "mode", .choice(), default: Mode.records,
            "'records': a copy of each record. 'messages': a document of each request and its response, without payloads."
        )
        let apis = reader.optional(
            "apis", .oneOrMore(of: api), "With 'messages': which APIs are tapped. Default: those of the direction.")
        let headers = reader.value(
            "headers", .dictionary(keys: .string(1...1000), of: .matcher, count: 1...100), default: [:],
            "With 'records': what the last header of a name must be, as text. All must match.")
        let sample = reader.value(
            "sample", Sampling.settingType, default: Sampling(), "How many of what matches is copied.")
        let maxPerSecond = reader.optional(
            "max_per_second", .integer(1...10_000_000), "How many copies a second there are at most, in all.")
        let redaction = reader.optional(
            "redact", .structure { Redaction.read(&$0) }, "What is taken out of copies before they leave the process.")
        let hasConnectSchema = reader.value(
            "connect_schema", .boolean, default: false,
            "True: JSON documents carry their schema, as Kafka Connect's JsonConverter reads it.")
        let maxPending = reader.value(
            "max_pending", .byteSize(.kibibytes(256)...(.gibibytes(1))), default: .mebibytes(16),
            "How much may wait for the acknowledgement of the broker. What is over it is dropped and counted.")
        let sink = reader.required("sink", SinkConfiguration.settingType, "Where copies go.")
        guard let sink else { return nil }
        if mode == .records, apis != nil {
            reader.report("is for 'mode: messages' only", at: "apis")
            return nil
        }
        if mode == .messages {
            for key in ["headers", "redact"] where reader.contains(key) {
                reader.report("is for 'mode: records' only", at: key)
                return nil
            }
        }
        return TapConfiguration(
            topics: topics, direction: direction, mode: mode, apis: apis.map { Set($0) }, headers: headers,
            sample: sample, maxPerSecond: maxPerSecond, redaction: redaction ?? Redaction(),
            hasConnectSchema: hasConnectSchema, maxPending: maxPending, sink: sink)
    }

    private static var api: SettingType<APIKey> {
        SettingType<APIKey>.scalar(
            expected: "the name of an API, as Produce",
            schema: ["type": "string", "enum": .array(APIKey.known.map { .string($0.description) })],
            parse: { text throws(SettingProblem) in
                guard let key = APIKey.known.first(where: { $0.description == text }) else {
                    throw SettingProblem(
                        "there is no API '\(text)'",
                        suggestion: NearestName.of(text, among: APIKey.known.map(\.description)))
                }
                return key
            },
            render: { .string($0.description) })
    }
}
