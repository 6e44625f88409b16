import Schemas

/// How keys or values are checked.
struct DataCheck: Sendable {
    /// What checks the data, once the framing is read.
    enum Engine: Sendable {
        /// Nothing: any data will do.
        case nothing
        /// A schema, or a format, that is here.
        case local(any RecordValidator)
        /// Messages of a schema that is here, of which the framing says which it is.
        case messages(ProtobufMessages)
        /// Schemas of a registry, by its place.
        case registry(Int, SubjectStrategy)
    }

    let configuration: DataConfiguration
    /// `key` or `value`.
    let word: String
    let isKey: Bool
    let engine: Engine
    /// Reads what names the schema; nil if nothing does.
    let framing: FramingReader?
    /// True if data without framing is rejected: it must be where the schema is a registry's.
    let requiresFraming: Bool

    /// Compiles a check.
    ///
    /// - Parameters:
    ///   - configuration: the settings.
    ///   - isKey: true for keys, false for values.
    ///   - registries: the places of the registries, by their names.
    /// - Throws: ``SchemaError`` if the schema cannot be used.
    init(_ configuration: DataConfiguration, isKey: Bool, registries: [String: Int]) throws(SchemaError) {
        self.configuration = configuration
        self.isKey = isKey
        word = isKey ? "key" : "value"
        if let registry = configuration.registry {
            guard let place = registries[registry.name] else {
                throw SchemaError("there is no registry '\(registry.name)'")
            }
            engine = .registry(place, registry.strategy)
        } else {
            engine = try Self.localEngine(configuration)
        }
        framing = configuration.framing.format.map { FramingReader($0, of: isKey ? .key : .value) }
        requiresFraming = configuration.requiresFraming || configuration.registry != nil
    }

    private static func localEngine(_ configuration: DataConfiguration) throws(SchemaError) -> Engine {
        if configuration.format == .protobuf, configuration.framing != .none {
            return .messages(try FormatEngines.messages(configuration))
        }
        guard let validator = try FormatEngines.validator(configuration) else { return .nothing }
        return .local(validator)
    }

    /// What is wrong with the length of some data, framing included.
    func lengthFault(_ count: Int) -> RecordFault? {
        if configuration.lengths.contains(count) { return nil }
        let isShort = count < configuration.lengths.lowerBound
        let bound = isShort ? configuration.lengths.lowerBound : configuration.lengths.upperBound
        return RecordFault(
            .size, "\(word) has \(count) bytes, \(isShort ? "at least" : "at most") \(bound) are allowed")
    }
}

extension RecordFault {
    /// A key or a value that breaks its schema.
    init(_ violation: SchemaViolation, in word: String, _ reason: RejectionReason = .schema) {
        switch violation.place {
        case .record: self.init(reason, "\(word) \(violation.reason)")
        case .path(let path) where path.isEmpty: self.init(reason, "\(word) \(violation.reason)")
        default: self.init(reason, "\(word): \(violation)")
        }
    }
}

extension DataConfiguration.Framing {
    /// How it is read; nil if there is none.
    var format: FramingFormat? {
        switch self {
        case .none: nil
        case .confluent: .confluent
        case .apicurio: .apicurio(.init())
        case .apicurio2: .apicurio(.init(isContentID: false, isLong: true))
        }
    }
}
