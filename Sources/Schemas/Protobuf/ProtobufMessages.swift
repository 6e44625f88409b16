/// The messages of a Protobuf schema, for records that say which of them they hold.
package final class ProtobufMessages: Sendable {
    private let schema: ProtobufSchema
    private let options: ProtobufOptions
    /// True if records may hold one message only.
    private let isFixed: Bool
    /// What checks records that do not say which message they hold: the one that they may hold, or the schema's first.
    package let standard: ProtobufValidator

    /// Messages of a schema.
    ///
    /// - Parameters:
    ///   - schema: Where they are declared.
    ///   - message: The full name of the only one that records may hold; nil for all.
    ///   - options: How strict to be.
    /// - Throws: ``SchemaError`` if there is no such message, or none at all.
    package init(
        _ schema: ProtobufSchema, message: String?, options: ProtobufOptions = ProtobufOptions()
    ) throws(SchemaError) {
        guard let name = message ?? schema.messageNames(at: [0]).first else {
            throw SchemaError("the schema declares no message")
        }
        self.schema = schema
        self.options = options
        isFixed = message != nil
        standard = try ProtobufValidator(schema, message: name, options: options)
    }

    /// What checks a record.
    ///
    /// - Parameters:
    ///   - choice: Which message the record says that it holds.
    ///   - scratch: The event loop's scratch, where what was compiled is kept.
    /// - Returns: None if it may not hold this message, or the schema has none such; two if clients do not agree on how
    ///   messages are counted, and then one that takes the record is enough.
    package func validators(_ choice: MessageChoice, scratch: ValidationScratch) -> [ProtobufValidator] {
        if isFixed { return isStandard(choice) ? [standard] : [] }
        return scratch.state(ChosenMessages.self).validators(of: self, choice) {
            let names =
                switch choice {
                case .first: schema.messageNames(at: [0])
                case .indexes(let indexes): schema.messageNames(at: indexes)
                case .name(let name): schema.messageName(name).map { [$0] } ?? []
                }
            return names.compactMap { try? ProtobufValidator(schema, message: $0, options: options) }
        }
    }

    private func isStandard(_ choice: MessageChoice) -> Bool {
        switch choice {
        case .first: schema.leads([0], to: standard.messageName)
        case .indexes(let indexes): schema.leads(indexes, to: standard.messageName)
        case .name(let name): standard.messageName == name || standard.messageName.hasSuffix(".\(name)")
        }
    }
}

/// The messages that records have chosen, compiled.
private final class ChosenMessages: ScratchState {
    /// Past so many all are compiled anew.
    private static let capacity = 1024

    private struct Key: Hashable {
        let messages: ObjectIdentifier
        let choice: MessageChoice
    }

    /// The messages are kept with it, so that no others take their identity.
    private var known: [Key: (messages: ProtobufMessages, validators: [ProtobufValidator])] = [:]

    init() {}

    func validators(
        of messages: ProtobufMessages, _ choice: MessageChoice, _ compile: () -> [ProtobufValidator]
    ) -> [ProtobufValidator] {
        let key = Key(messages: ObjectIdentifier(messages), choice: choice)
        if let found = known[key] { return found.validators }
        let made = compile()
        // What leads nowhere is found out fast, and there is no end of it.
        guard !made.isEmpty else { return [] }
        if known.count >= Self.capacity { known.removeAll() }
        known[key] = (messages, made)
        return made
    }
}
