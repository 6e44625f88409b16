import NIOCore
import Settings

/// Asks a registry for a schema, question after question: the schema, what it uses, its subjects. Knows no transport.
struct SchemaFetch {
    /// What is to be done next.
    enum Step: Equatable {
        /// Ask for a path, at once or after a while.
        case get(String, after: TimeAmount)
        /// It is done.
        case finished(FetchedSchema)
    }

    /// A schema that is used.
    struct Source: Hashable {
        let group: String
        let subject: String
        let version: String
    }

    /// A schema that has been read.
    private struct Node {
        var text: [UInt8] = []
        /// By which names it uses which schemas.
        var uses: [(name: String, source: Source)] = []
    }

    /// What the question is about that is to be answered next.
    private enum Question: Equatable {
        case schema
        case serializedSchema
        case references
        case subjects
        case versions
        case ids
        case used(Source)
        case usedReferences(Source)
    }

    private let options: RegistryOptions
    private let reference: SchemaReference
    private var language: FetchedSchema.Language?
    private var root = Node()
    private var used: [Source: Node] = [:]
    private var wanted: [Source] = []
    private var subjects: Set<String> = []
    private var questions: [Question] = [.schema]
    private var attempts = 0
    private var bytes = 0
    private var id: Int?

    init(_ reference: SchemaReference, options: RegistryOptions) {
        self.reference = reference
        self.options = options
    }

    /// What is to be asked first.
    func begin() throws(RegistryFailure) -> Step {
        switch (options.kind, reference) {
        case (.confluent, .id), (.confluent, .guid), (.apicurio, .globalID), (.apicurio, .contentID): break
        default: throw RegistryFailure(.notFound, "a registry of this kind has no \(reference)")
        }
        return .get(path(of: .schema), after: .zero)
    }

    /// Takes an answer; nil if there was none.
    mutating func take(_ answer: RegistryAnswer?) throws(RegistryFailure) -> Step {
        guard let question = questions.first else { throw RegistryFailure(.unavailable, "there was no question") }
        guard let answer, answer.status < 500, answer.status != 429, answer.status != 408 else {
            attempts += 1
            guard attempts < options.attempts else {
                let status = answer.map { "answers with \($0.status)" } ?? "does not answer"
                throw RegistryFailure(.unavailable, "the registry \(status)")
            }
            return .get(path(of: question), after: options.backoff * (1 << min(attempts - 1, 10)))
        }
        attempts = 0
        switch answer.status {
        case 200: break
        case 404 where options.kind == .confluent && question == .subjects:
            // Karapace tells the subjects of an ID only with their versions.
            questions[0] = .versions
            return .get(path(of: .versions), after: .zero)
        // To some registries an ID that they have not given out is not even valid.
        case 400, 404, 405, 422:
            throw RegistryFailure(.notFound, "the registry has no \(reference), or not all that it uses")
        case 401, 403: throw RegistryFailure(.denied, "the registry answers with \(answer.status)")
        default: throw RegistryFailure(.unavailable, "the registry answers with \(answer.status)")
        }
        bytes += answer.body.readableBytes
        guard bytes <= options.maxSchemaBytes else {
            throw RegistryFailure(.invalidSchema, "\(reference) has more than \(options.maxSchemaBytes) bytes")
        }
        questions.removeFirst()
        switch options.kind {
        case .confluent: try takeConfluent(question, Array(answer.body.readableBytesView))
        case .apicurio: try takeApicurio(question, Array(answer.body.readableBytesView))
        }
        if let question = questions.first { return .get(path(of: question), after: .zero) }
        return .finished(try finish())
    }

    /// The schema with all that it uses, each behind what it uses itself.
    private func finish() throws(RegistryFailure) -> FetchedSchema {
        guard let language else { throw RegistryFailure(.invalidSchema, "\(reference) has no language") }
        var ordered: [FetchedSchema.Reference] = []
        var seen: Set<Source> = []
        // Depth first, without recursion: each source is put back before what it uses.
        var stack: [(name: String, source: Source, isOpen: Bool)] =
            root.uses.reversed().map { ($0.name, $0.source, false) }
        while let top = stack.popLast() {
            guard let node = used[top.source] else { continue }
            if top.isOpen {
                ordered.append(.init(name: top.name, text: node.text))
            } else if seen.insert(top.source).inserted {
                stack.append((top.name, top.source, true))
                for use in node.uses.reversed() { stack.append((use.name, use.source, false)) }
            }
        }
        return FetchedSchema(language: language, text: root.text, references: ordered, subjects: subjects)
    }

    /// Asks for what a schema uses, once each.
    private mutating func want(_ node: Node) throws(RegistryFailure) {
        for use in node.uses where used[use.source] == nil {
            used[use.source] = Node()
            guard used.count <= options.maxReferences else {
                throw RegistryFailure(
                    .invalidSchema, "\(reference) uses more than \(options.maxReferences) other schemas")
            }
            questions.append(.used(use.source))
        }
    }

    // MARK: - Paths

    private func path(of question: Question) -> String {
        let format = language == .protobuf && options.kind == .confluent ? "?format=serialized" : ""
        switch (question, reference) {
        case (.schema, .id(let id)): return "/schemas/ids/\(id)"
        case (.schema, .guid(let guid)): return "/schemas/guids/\(guid)"
        case (.schema, .globalID(let id)): return "/ids/globalIds/\(id)"
        case (.schema, .contentID(let id)): return "/ids/contentIds/\(id)"
        case (.serializedSchema, _): return "\(path(of: .schema))\(format)"
        case (.references, _): return "\(path(of: .schema))/references"
        case (.ids, _): return "\(path(of: .schema))/ids"
        case (.subjects, .globalID(let id)): return "/search/artifacts?globalId=\(id)&limit=500"
        case (.subjects, .contentID(let id)): return "/search/artifacts?contentId=\(id)&limit=500"
        case (.subjects, _): return "/schemas/ids/\(id ?? 0)/subjects"
        case (.versions, _): return "/schemas/ids/\(id ?? 0)/versions"
        case (.used(let source), _):
            return options.kind == .confluent
                ? "/subjects/\(Self.escape(source.subject))/versions/\(Self.escape(source.version))\(format)"
                : "\(Self.artifact(source))/content"
        case (.usedReferences(let source), _): return "\(Self.artifact(source))/references"
        }
    }

    private static func artifact(_ source: Source) -> String {
        "/groups/\(escape(source.group))/artifacts/\(escape(source.subject))/versions/\(escape(source.version))"
    }

    /// A text as a part of a path: all but unreserved characters as bytes in hexadecimal digits (RFC 3986).
    static func escape(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return escaped
    }

    // MARK: - Answers

    private static func document(_ bytes: [UInt8]) throws(RegistryFailure) -> JSONValue {
        do {
            return try SchemaDocument.parse(bytes)
        } catch {
            throw RegistryFailure(.unavailable, "the registry's answer \(error.message)")
        }
    }

    private static func unexpected() -> RegistryFailure {
        RegistryFailure(.unavailable, "the registry's answer is not of its protocol")
    }

    private mutating func takeConfluent(_ question: Question, _ body: [UInt8]) throws(RegistryFailure) {
        let document = try Self.document(body)
        switch question {
        case .schema:
            language = try Self.language(document["schemaType"])
            if case .integer(let id)? = document["id"] { self.id = id }
            if case .id(let id) = reference { self.id = Int(id) }
            if language == .protobuf {
                questions.append(.serializedSchema)
                return
            }
            try takeRoot(document)
        case .serializedSchema: try takeRoot(document)
        case .ids:
            guard case .array(let entries) = document else { throw Self.unexpected() }
            let entry = entries.first { $0["context"] == .string(".") } ?? entries.first
            guard case .integer(let id)? = entry?["id"] else { throw Self.unexpected() }
            self.id = id
            questions.append(.subjects)
        case .subjects:
            guard case .array(let names) = document else { throw Self.unexpected() }
            for case .string(let name) in names { subjects.insert(name) }
        case .versions:
            guard case .array(let entries) = document else { throw Self.unexpected() }
            for case .string(let name)? in entries.map({ $0["subject"] }) { subjects.insert(name) }
        case .used(let source):
            let node = try node(document)
            used[source] = node
            try want(node)
        case .references, .usedReferences: break
        }
    }

    private mutating func takeRoot(_ document: JSONValue) throws(RegistryFailure) {
        root = try node(document)
        try want(root)
        if options.readsSubjects { questions.append(id == nil ? .ids : .subjects) }
    }

    private static func language(_ value: JSONValue?) throws(RegistryFailure) -> FetchedSchema.Language {
        // What has no type is Avro, which the registry had before the others.
        guard let value, value != .null else { return .avro }
        guard case .string(let name) = value, let language = FetchedSchema.Language(rawValue: name) else {
            throw RegistryFailure(.invalidSchema, "the schema is of an unknown type")
        }
        return language
    }

    /// A schema in Confluent's form.
    private func node(_ document: JSONValue) throws(RegistryFailure) -> Node {
        guard case .string(let text)? = document["schema"] else { throw Self.unexpected() }
        var node = Node(text: Array(text.utf8))
        if language == .protobuf {
            guard let bytes = Base64Text.decode(text.utf8) else {
                throw RegistryFailure(.invalidSchema, "the registry does not serve serialized descriptors")
            }
            node.text = bytes
        }
        if case .array(let entries)? = document["references"] {
            for entry in entries {
                guard case .string(let name)? = entry["name"], case .string(let subject)? = entry["subject"],
                    case .integer(let version)? = entry["version"]
                else { throw Self.unexpected() }
                node.uses.append((name, Source(group: "", subject: subject, version: String(version))))
            }
        }
        return node
    }

    private mutating func takeApicurio(_ question: Question, _ body: [UInt8]) throws(RegistryFailure) {
        switch question {
        case .schema:
            root.text = body
            // The type of a schema is among what is known of its artifacts.
            questions += [.references, .subjects]
        case .references:
            root.uses = try Self.uses(body)
            try want(root)
        case .subjects:
            guard case .array(let artifacts)? = try Self.document(body)["artifacts"] else { throw Self.unexpected() }
            for artifact in artifacts {
                guard case .string(let id)? = artifact["artifactId"] else { throw Self.unexpected() }
                let language = try Self.language(artifact["artifactType"])
                guard self.language == nil || self.language == language else {
                    throw RegistryFailure(.invalidSchema, "\(reference) is of more than one type")
                }
                self.language = language
                if options.readsSubjects { subjects.insert(id) }
            }
            guard language != nil else { throw RegistryFailure(.notFound, "no artifact has \(reference)") }
            if language == .protobuf { root.text = try Self.descriptor(root.text) }
        case .used(let source):
            used[source]?.text = language == .protobuf ? try Self.descriptor(body) : body
            questions.append(.usedReferences(source))
        case .usedReferences(let source):
            used[source]?.uses = try Self.uses(body)
            if let node = used[source] { try want(node) }
        case .serializedSchema, .ids, .versions: break
        }
    }

    /// A FileDescriptorProto that is kept as it is, or in base64.
    private static func descriptor(_ text: [UInt8]) throws(RegistryFailure) -> [UInt8] {
        if let bytes = Base64Text.decode(text), ProtobufSchema.isFile(bytes) { return bytes }
        guard ProtobufSchema.isFile(text) else {
            throw RegistryFailure(.invalidSchema, "the registry does not serve serialized descriptors")
        }
        return text
    }

    private static func uses(_ body: [UInt8]) throws(RegistryFailure) -> [(name: String, source: Source)] {
        guard case .array(let entries) = try document(body) else { throw unexpected() }
        var uses: [(name: String, source: Source)] = []
        for entry in entries {
            guard case .string(let name)? = entry["name"], case .string(let id)? = entry["artifactId"],
                case .string(let version)? = entry["version"]
            else { throw unexpected() }
            var group = "default"
            if case .string(let given)? = entry["groupId"] { group = given }
            uses.append((name, Source(group: group, subject: id, version: version)))
        }
        return uses
    }
}
