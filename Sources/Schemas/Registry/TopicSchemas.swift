package import NIOCore

/// The schemas that the keys or the values of a topic may have, as an event loop knows them.
///
/// Belongs to its event loop. What it knows it finds without a lock, and without making anything.
package final class TopicSchemas {
    /// Bounds on what is known.
    private enum Limit {
        /// Past so many entries everything is forgotten, and asked for again in the registry's table.
        static let entries = 1024
    }

    /// What a record's framing leads to.
    package enum Finding {
        /// What checks its payload, and how many of the record's bytes stand before that. If there are two validators, a
        /// payload that one of them takes is valid.
        case validators([any RecordValidator], payloadOffset: Int)
        /// The schema cannot be had, or is not one for the topic.
        case failure(RegistryFailure)
        /// The framing is not valid.
        case malformed(SchemaViolation)
        /// The registry is asked; afterwards to be looked for again, unless there is no schema, for the reason that comes.
        case pending(EventLoopFuture<RegistryFailure?>)
    }

    private enum Known {
        case schema(RegisteredSchema)
        case failure(RegistryFailure, until: NIODeadline)
    }

    private struct MessageKey: Hashable {
        let reference: SchemaReference
        let choice: MessageChoice
    }

    private enum Message {
        case validators([any RecordValidator])
        case failure(RegistryFailure, until: NIODeadline)
    }

    private let registry: SchemaRegistry
    private let kind: RegistryOptions.Kind
    private let strategy: SubjectStrategy
    private let topic: String
    private let part: RecordPart
    private let eventLoop: any EventLoop
    private let failureLifetime: TimeAmount
    private var known: [SchemaReference: Known] = [:]
    private var messages: [MessageKey: Message] = [:]

    /// Schemas of a topic, of which nothing is known yet.
    ///
    /// - Parameters:
    ///   - registry: Who has them.
    ///   - strategy: Which subject they must be of.
    ///   - topic: The topic.
    ///   - part: Whether it is about keys or about values.
    ///   - eventLoop: The loop that this belongs to.
    package init(
        registry: SchemaRegistry, strategy: SubjectStrategy, topic: String, part: RecordPart,
        eventLoop: any EventLoop
    ) {
        self.registry = registry
        kind = registry.kind
        failureLifetime = registry.failureLifetime
        self.strategy = strategy
        self.topic = topic
        self.part = part
        self.eventLoop = eventLoop
    }

    /// Finds what checks a record's payload.
    ///
    /// - Parameters:
    ///   - frame: What the record's framing says.
    ///   - bytes: The record's key or value, with its framing.
    ///   - asker: For whom: a connection. If there is much to ask, askers take turns.
    /// - Returns: The validators, or why there are none.
    package func find(
        _ frame: FramedValue.Frame, in bytes: RawSpan, for asker: ObjectIdentifier? = nil
    ) -> Finding {
        eventLoop.preconditionInEventLoop()
        switch known[frame.reference] {
        case .schema(let schema)?: return finding(schema, frame, bytes, asker)
        case .failure(let failure, let until)? where NIODeadline.now() < until: return .failure(failure)
        default: return ask(frame, bytes, asker)
        }
    }

    private func ask(
        _ frame: FramedValue.Frame, _ bytes: RawSpan, _ asker: ObjectIdentifier?, isRefresh: Bool = false
    ) -> Finding {
        let now = NIODeadline.now()
        let found = registry.find(frame.reference, for: asker, on: eventLoop, now: now) { !isRefresh && isCurrent($0) }
        switch found {
        case .schema(let schema):
            // The subject of a message depends on the message, which is looked at below.
            if schema.language != .protobuf, !isCurrent(schema) {
                let failure = wrongSubject(schema)
                remember(frame.reference, .failure(failure, until: now + failureLifetime))
                return .failure(failure)
            }
            remember(frame.reference, .schema(schema))
            return finding(schema, frame, bytes, asker)
        case .failure(let failure, let until):
            if failure.reason != .busy { remember(frame.reference, .failure(failure, until: until)) }
            return .failure(failure)
        case .pending(let future):
            return .pending(
                future.map { _ -> RegistryFailure? in nil }.recover { error in
                    error as? RegistryFailure ?? RegistryFailure(.unavailable, "the registry does not answer")
                })
        }
    }

    private func remember(_ reference: SchemaReference, _ entry: Known) {
        if known.count >= Limit.entries { known.removeAll() }
        known[reference] = entry
    }

    private func isCurrent(_ schema: RegisteredSchema) -> Bool {
        if schema.language == .protobuf, strategy != .topicName { return true }
        return strategy.subject(topic: topic, part: part, recordName: schema.recordName)
            .isFulfilled(by: schema.subjects)
    }

    private func wrongSubject(_ schema: RegisteredSchema) -> RegistryFailure {
        RegistryFailure(.wrongSubject, "the schema is not one of the subject for the topic's \(part.rawValue)s")
    }

    private func finding(
        _ schema: RegisteredSchema, _ frame: FramedValue.Frame, _ bytes: RawSpan, _ asker: ObjectIdentifier?
    ) -> Finding {
        if let validator = schema.validator {
            return .validators([validator], payloadOffset: frame.prefixBytes)
        }
        var offset = frame.prefixBytes
        let choice: MessageChoice
        if let given = frame.choice {
            choice = given
        } else if frame.isInHeader {
            choice = .first
        } else {
            let read =
                kind == .confluent
                ? MessageChoice.confluent(bytes, at: &offset) : MessageChoice.apicurio(bytes, at: &offset)
            guard let read else { return .malformed(SchemaViolation("does not say which message it is")) }
            choice = read
        }
        let key = MessageKey(reference: frame.reference, choice: choice)
        switch messages[key] {
        case .validators(let validators)?: return .validators(validators, payloadOffset: offset)
        case .failure(let failure, let until)?:
            if NIODeadline.now() < until { return .failure(failure) }
            // The schema's subjects may be others now.
            messages[key] = nil
            known[frame.reference] = nil
            return ask(frame, bytes, asker, isRefresh: true)
        case nil: break
        }
        let entry = message(schema, choice)
        if messages.count >= Limit.entries { messages.removeAll() }
        messages[key] = entry
        switch entry {
        case .validators(let validators): return .validators(validators, payloadOffset: offset)
        case .failure(let failure, _): return .failure(failure)
        }
    }

    private func message(_ schema: RegisteredSchema, _ choice: MessageChoice) -> Message {
        let until = NIODeadline.now() + failureLifetime
        let validators = schema.messages(choice)
        guard !validators.isEmpty else {
            return .failure(RegistryFailure(.notFound, "the schema has no such message"), until: until)
        }
        let matching = validators.filter {
            strategy.subject(topic: topic, part: part, recordName: $0.messageName).isFulfilled(by: schema.subjects)
        }
        return matching.isEmpty ? .failure(wrongSubject(schema), until: until) : .validators(matching)
    }
}
