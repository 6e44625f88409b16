import Schemas
import Settings

/// A rule with its schemas compiled: shared by all event loops, never changed.
struct Rule: Sendable {
    let configuration: RuleConfiguration
    /// Its place among the rules.
    let index: Int
    /// How keys are checked; nil if anything will do.
    let key: DataCheck?
    /// How values are checked; nil if anything will do.
    let value: DataCheck?
    /// The compression that batches may have, a bit for each codec's number.
    let codecs: UInt8
    /// How far behind the clock timestamps may be, in milliseconds; nil for any time.
    let maxAge: UInt64?
    /// How far ahead of the clock timestamps may be, in milliseconds; nil for any time.
    let maxAhead: UInt64?

    var name: String { configuration.name }

    /// True if records must be opened: without it their batches' headers will do.
    var opensRecords: Bool {
        key != nil || value != nil || configuration.requiresKey || !configuration.allowsNullValues
            || configuration.maxRecordSize != nil || checksTimestamps || !configuration.headers.isEmpty
    }

    /// True if bad records are copied to a topic.
    var wantsDeadLetters: Bool {
        if case .deadLetter = configuration.onFailure { true } else { false }
    }

    /// True if the timestamps of records count.
    var checksTimestamps: Bool { maxAge != nil || maxAhead != nil }

    /// Compiles a rule.
    ///
    /// - Throws: ``SchemaError`` if a schema that is here cannot be used.
    init(_ configuration: RuleConfiguration, index: Int, registries: [String: Int]) throws(SchemaError) {
        self.configuration = configuration
        self.index = index
        key = try configuration.key.flatMap { data throws(SchemaError) in
            try DataCheck(data, isKey: true, registries: registries)
        }
        value = try configuration.value.flatMap { data throws(SchemaError) in
            try DataCheck(data, isKey: false, registries: registries)
        }
        codecs = configuration.codecs.map { $0.reduce(0) { $0 | 1 << $1.number } } ?? .max
        maxAge = configuration.maxAge?.wholeMilliseconds
        maxAhead = configuration.maxAhead?.wholeMilliseconds
    }
}

extension BatchCodec {
    /// The number in a batch's attributes.
    var number: UInt8 {
        switch self {
        case .none: 0
        case .gzip: 1
        case .snappy: 2
        case .lz4: 3
        case .zstd: 4
        }
    }
}

extension Duration {
    /// Milliseconds, without what is left of one.
    fileprivate var wholeMilliseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(clamping: seconds) * 1000 + UInt64(clamping: attoseconds / 1_000_000_000_000_000)
    }
}
