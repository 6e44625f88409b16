import KafkaRecords
import NIOCore
import Schemas

/// Reads the keys and values of one request: takes the framing off, finds the schema, and checks the data.
final class DataReader {
    /// A schema of a topic.
    struct Wanted: Hashable {
        let schemas: ObjectIdentifier
        let reference: SchemaReference
    }

    /// Nil where no rule names a registry.
    private let schemas: LoopSchemas?
    private let scratch: ValidationScratch
    /// True once a schema that is not there is not waited for any more.
    private let isLastTurn: Bool
    /// The connection whose request it is.
    private let asker: ObjectIdentifier?
    /// Why schemas that were waited for did not come. It is kept here, as others may forget it meanwhile.
    private let failures: [Wanted: RegistryFailure]
    private var wanted: Set<Wanted> = []
    /// How many keys and values passed without a check.
    private(set) var unchecked = 0
    /// The schemas that are being asked for: until they are there, the verdicts have no meaning.
    private(set) var pending: [(wanted: Wanted, failure: EventLoopFuture<RegistryFailure?>)] = []

    /// A reader.
    ///
    /// - Parameters:
    ///   - schemas: those of registries.
    ///   - scratch: the event loop's.
    ///   - isLastTurn: true to wait for nothing any more.
    ///   - asker: the connection whose request it is.
    ///   - failures: why schemas that were waited for did not come.
    init(
        schemas: LoopSchemas?, scratch: ValidationScratch, isLastTurn: Bool, asker: ObjectIdentifier? = nil,
        failures: [Wanted: RegistryFailure] = [:]
    ) {
        self.asker = asker
        self.failures = failures
        self.schemas = schemas
        self.scratch = scratch
        self.isLastTurn = isLastTurn
    }

    /// What is wrong with a key or a value; nil if nothing is, or it is not known yet.
    func fault(
        of bytes: ByteBuffer, _ check: DataCheck, _ topic: String, _ rule: Rule, _ record: borrowing VisitedRecord
    ) throws(RecordsError) -> RecordFault? {
        if let fault = check.lengthFault(bytes.readableBytes) { return fault }
        guard var framing = check.framing else { return validate(bytes, from: 0, check) }
        for header in try record.headers() {
            if let value = header.value {
                framing.take(header: header.key.readableBytesSpan, value: value.readableBytesSpan)
            } else {
                framing.take(header: header.key.readableBytesSpan, value: nil)
            }
        }
        return fault(of: bytes, framing.read(bytes.readableBytesSpan), check, topic, rule)
    }

    /// What is wrong with data that belongs to no record; nil if nothing is.
    func fault(of bytes: ByteBuffer, _ check: DataCheck) -> RecordFault? {
        if let fault = check.lengthFault(bytes.readableBytes) { return fault }
        guard let framing = check.framing else { return validate(bytes, from: 0, check) }
        return fault(of: bytes, framing.read(bytes.readableBytesSpan), check, "", nil)
    }

    private func fault(
        of bytes: ByteBuffer, _ value: FramedValue, _ check: DataCheck, _ topic: String, _ rule: Rule?
    ) -> RecordFault? {
        switch value {
        case .malformed(let violation): return RecordFault(violation, in: check.word, .framing)
        case .unframed:
            guard !check.requiresFraming else {
                return RecordFault(.framing, "\(check.word) does not say which schema it has")
            }
            return validate(bytes, from: 0, check)
        case .framed(let frame): return fault(of: bytes, frame, check, topic, rule)
        }
    }

    private func fault(
        of bytes: ByteBuffer, _ frame: FramedValue.Frame, _ check: DataCheck, _ topic: String, _ rule: Rule?
    ) -> RecordFault? {
        guard let rule, case .registry(let registry, let strategy) = check.engine,
            let known = schemas?.schemas(of: registry, strategy, topic, rule: rule.index, isKey: check.isKey)
        else {
            return localFault(of: bytes, frame, check)
        }
        let key = Wanted(schemas: ObjectIdentifier(known), reference: frame.reference)
        if !wanted.isEmpty, wanted.contains(key) { return nil }
        if !failures.isEmpty, let failure = failures[key] { return fault(of: failure, check, rule) }
        switch known.find(frame, in: bytes.readableBytesSpan, for: asker) {
        case .validators(let validators, let offset):
            return validate(bytes, from: offset, validators).map { RecordFault($0, in: check.word) }
        case .malformed(let violation): return RecordFault(violation, in: check.word, .framing)
        case .failure(let failure):
            // There is room once something of what is waited for has come.
            if failure.reason == .busy, !isLastTurn, !pending.isEmpty { return nil }
            return fault(of: failure, check, rule)
        case .pending(let future):
            guard !isLastTurn else {
                return fault(of: RegistryFailure(.busy, "too many schemas are to be asked for"), check, rule)
            }
            wanted.insert(key)
            pending.append((key, future))
            return nil
        }
    }

    private func fault(of failure: RegistryFailure, _ check: DataCheck, _ rule: Rule) -> RecordFault? {
        switch failure.reason {
        case .notFound, .wrongSubject: return RecordFault(.unknownSchema, "\(check.word): \(failure.message)")
        // That too much is asked for is not the registry's fault but a client's, which must not pass for it.
        case .invalidSchema, .busy: return RecordFault(.registry, "\(check.word): \(failure.message)")
        case .denied, .unavailable:
            guard rule.configuration.onRegistryError == .deny else {
                unchecked += 1
                return nil
            }
            return RecordFault(.registry, "\(check.word): \(failure.message)")
        }
    }

    /// What is wrong with framed data whose schema is here.
    private func localFault(of bytes: ByteBuffer, _ frame: FramedValue.Frame, _ check: DataCheck) -> RecordFault? {
        guard case .messages(let messages) = check.engine else {
            return validate(bytes, from: frame.prefixBytes, check)
        }
        let isConfluent = check.configuration.framing == .confluent
        var offset = frame.prefixBytes
        var choice = frame.choice
        if choice == nil, !frame.isInHeader {
            let span = bytes.readableBytesSpan
            choice =
                isConfluent
                ? MessageChoice.confluent(span, at: &offset) : MessageChoice.apicurio(span, at: &offset)
            guard choice != nil else {
                return RecordFault(.framing, "\(check.word) does not say which message it is")
            }
        }
        // Apicurio's headers may leave it open, Confluent's mean the first message then.
        if choice == nil, isConfluent { choice = .first }
        guard let choice else { return validate(bytes, from: offset, check) }
        let validators = messages.validators(choice, scratch: scratch)
        guard !validators.isEmpty else {
            return RecordFault(.schema, "\(check.word) is of another message than it must be")
        }
        return validate(bytes, from: offset, validators).map { RecordFault($0, in: check.word) }
    }

    // MARK: Validating

    private func validate(_ bytes: ByteBuffer, from offset: Int, _ check: DataCheck) -> RecordFault? {
        let validator: any RecordValidator
        switch check.engine {
        case .nothing, .registry: return nil
        case .local(let local): validator = local
        case .messages(let messages): validator = messages.standard
        }
        return validate(bytes, from: offset, [validator]).map { RecordFault($0, in: check.word) }
    }

    /// The first violation; nil if one of the validators has none.
    private func validate(
        _ bytes: ByteBuffer, from offset: Int, _ validators: [any RecordValidator]
    ) -> SchemaViolation? {
        let span = bytes.readableBytesSpan
        let payload = span.extracting(min(offset, span.byteCount)..<span.byteCount)
        var first: SchemaViolation?
        for validator in validators {
            guard let violation = validator.validate(payload, scratch: scratch) else { return nil }
            first = first ?? violation
        }
        return first
    }
}
