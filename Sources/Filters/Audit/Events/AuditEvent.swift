import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings

/// One event, as far as it is known.
struct AuditEvent: Sendable {
    /// Ties the record of the intent to that of the outcome.
    let id: String
    let api: AuditedAPI
    let startedAt: NIODeadline
    /// What the request names.
    var resources: [AuditResource] = []
    /// How many of them are left out.
    var omittedResources = 0
    /// What is to be done, beyond the names.
    var details: JSONValue?
    /// True if that is too much to be written.
    var omitsDetails = false
    /// True for a heartbeat that neither joins nor leaves.
    var isRoutine = false
    /// True if it is not to be recorded.
    var isLeftOut = false
    /// True if the audit itself has refused the request.
    var isRefused = false
    /// True if the outcome was recorded before the response left.
    var isRecorded = false

    /// As many resources are listed at most.
    static let mostResources = 1000

    init(_ record: RequestRecord) {
        id = AuditNumber.next()
        api = AuditedAPI.of(record.apiKey)
        startedAt = .now()
    }

    /// The event of a request that has streamed past: its topics are what the proxy itself has seen.
    init(passed record: RequestRecord) {
        self.init(record)
        resources = record.facts.topics.map { AuditResource(type: "topic", name: $0) }
        if record.facts.hasMoreTopics { omittedResources = 1 }
    }

    /// Takes what a request says, if it is there whole.
    mutating func takeRequest(_ request: FilteredRequest) {
        guard request.frame.isWhole else { return }
        let extract = AuditExtract(request)
        add(extract.resources)
        details = extract.details
        isRoutine = extract.isRoutine
    }

    /// Adds the resources that a request names through what filters may refuse of it.
    mutating func add(_ named: [AuditResource]) {
        var seen = Set(resources.map(\.identity))
        for resource in named where seen.insert(resource.identity).inserted {
            guard resources.count < Self.mostResources else {
                omittedResources += 1
                continue
            }
            resources.append(resource)
        }
    }

    /// Takes the error codes of a response, if it is there whole.
    mutating func takeResponse(_ frame: inout FilteredFrame, _ record: RequestRecord) {
        guard frame.isWhole, api.auditClass != .data else { return }
        switch AuditErrors.read(&frame, record) {
        case .byName(let errors):
            for index in resources.indices {
                resources[index].error = errors[resources[index].identity] ?? resources[index].error
            }
        case .byPlace(let errors):
            for (index, error) in zip(resources.indices, errors) { resources[index].error = error }
        }
    }
}

/// Something that a request names.
struct AuditResource: Sendable {
    /// `topic`, `group`, `transactional_id`, `broker`, `user` and so on.
    var type: String
    /// Its name; nil for any, and for a topic whose name is not known.
    var name: String?
    /// A topic's ID, where the request has it.
    var id: KafkaUUID?
    /// What else is said of it: the pattern and the rights of an ACL.
    var more: [JSONValue.Member] = []
    /// What the response says of it.
    var error = ErrorCode.none

    /// What it is known by in a response.
    struct Identity: Hashable {
        var type: String
        var name: String?
        var id: KafkaUUID?
        var more: [JSONValue.Member] = []
    }

    var identity: Identity { Identity(type: type, name: name, id: name == nil ? id : nil, more: more) }
}
