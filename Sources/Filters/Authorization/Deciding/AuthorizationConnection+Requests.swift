import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore

/// How requests are judged whose body has been read.
extension AuthorizationConnection {
    /// What has been found out of a request.
    private struct Findings {
        /// Resources of which it has been noted what became of them.
        var noted: Set<ResourceReference> = []
        /// True if something is refused.
        var hasRefusal = false
        /// IDs of topics whose names nobody knows.
        var unknown: Set<KafkaUUID> = []
    }

    /// What a request that names something is judged by.
    struct Case {
        /// The checks that are made for it.
        var checks: [Check]
        /// Topics that the broker would create for a streams group.
        var internalTopics: Set<String> = []
        /// Topics that do not exist, and that the client may not create.
        var missing: Set<String> = []
        /// True once the names of topics have been asked for: what is unknown is so to the broker, too.
        var hasAsked = false
    }

    /// An API that may not be used.
    func refuseAPI(_ request: FilteredRequest) -> RequestAction {
        let record = request.record
        counts.countDenial(record.apiKey)
        filter.audit.write(isAllowed: false, nil, record) { "api" }
        let refusal = filter.book.table.rows[record.apiKey]?.first?.refusal ?? ResourceType.cluster.refusal
        return (try? request.refuseAll(refusal)) ?? .close(reason: "unreadable")
    }

    /// A request of which something may be denied.
    func judge(_ request: FilteredRequest) -> RequestAction {
        let record = request.record
        // What cannot be read cannot be judged: that is a denial.
        guard let type = record.apiKey.requestType, let body = try? body(of: type, request),
            let checks = filter.book.table.checks(record.apiKey, record.apiVersion)
        else { return .close(reason: "unreadable") }
        var own = Case(checks: checks.filter { !$0.isOnAnswer && $0.applies(to: body) })
        if let heartbeat = body as? StreamsGroupHeartbeatRequest { own.internalTopics = heartbeat.internalTopics }
        if let action = refuseWhole(request, body, own) { return action }
        if !filter.isDryRun, let action = refuseSession(request, body) { return action }
        if checks.contains(where: \.isOnAnswer) {
            request.note = AnswerNote.hides
            request.inspectResponse()
        }
        if let metadata = body as? MetadataRequest, let action = askBeforeCreating(request, metadata, own) {
            return action
        }
        return decide(request, body, own)
    }

    private func body<Asked: RequestMessage>(
        of type: Asked.Type, _ request: FilteredRequest
    ) throws(WireError) -> any RequestMessage {
        try request.frame.body(type)
    }

    /// Makes the checks on the request as a whole.
    private func refuseWhole(
        _ request: FilteredRequest, _ body: any RequestMessage, _ own: Case
    ) -> RequestAction? {
        for check in own.checks {
            let name: String
            switch check.subject {
            case .request: name = ResourceType.clusterName
            // A group that is null is named nowhere, and must be checked all the same.
            case .group where body.hasNullGroup: name = ""
            case .owner:
                name = (body as? CreateDelegationTokenRequest)?.owner ?? ""
                // For itself, a client needs no right.
                if name.utf8.elementsEqual(context.principal.utf8) { continue }
            default: continue
            }
            let isAllowed = isSatisfied(check, name)
            note(check, name, isAllowed: isAllowed, request.record)
            guard !isAllowed else { continue }
            counts.countDenial(request.record.apiKey)
            return (try? request.refuseAll(check.refusal)) ?? .close(reason: "unreadable")
        }
        return nil
    }

    /// Decides on all that a request names; asks for the names of topics first where nobody knows them.
    func decide(_ request: FilteredRequest, _ body: any RequestMessage, _ own: Case) -> RequestAction {
        var findings = Findings()
        probe(body, request.record, own, &findings)
        if !own.hasAsked, !findings.unknown.isEmpty {
            var asked = own
            asked.hasAsked = true
            let answer = learnNames(of: findings.unknown)
            if filter.isDryRun {
                // Nothing is held in a dry run: it is counted when the answer is there.
                let record = request.record
                answer.whenSuccess { _ in
                    var findings = Findings()
                    self.probe(body, record, asked, &findings)
                    self.report(body, record, asked, findings)
                }
                return .forward
            }
            return .hold(answer.map { _ in self.decide(request, body, asked) }.nonisolated())
        }
        report(body, request.record, own, findings)
        guard findings.hasRefusal else { return .forward }
        return (try? request.refuseParts { self.refusal(of: $0, own) }) ?? .close(reason: "unreadable")
    }

    // MARK: Resources

    /// Why something that a request names is refused; nil if it is not.
    private func refusal(of reference: ResourceReference, _ own: Case) -> Refusal? {
        if let topic = reference.topic, case .topic = reference {
            guard own.checks.contains(where: { $0.subject == .topic }) else { return nil }
            guard let name = name(of: topic) else { return Refusal(.unknownTopicID) }
            if own.missing.contains(name) {
                return filter.configuration.missingTopics == .unknown
                    ? Refusal(.unknownTopicOrPartition) : ResourceType.topic.refusal
            }
        }
        return failed(reference, own)?.refusal
    }

    /// The first check that something does not pass.
    private func failed(_ reference: ResourceReference, _ own: Case) -> Check? {
        guard let (subject, name) = subject(of: reference) else { return nil }
        return own.checks.first { check in
            check.subject == subject && applies(check, name, own) && !isSatisfied(check, name)
        }
    }

    private func applies(_ check: Check, _ name: String, _ own: Case) -> Bool {
        guard check.condition == .internalTopics else { return true }
        return own.internalTopics.contains(name) && context.cluster.partitions(of: name) == nil
    }

    /// What is checked of something that is named; nil if nothing is.
    private func subject(of reference: ResourceReference) -> (Check.Subject, String)? {
        switch reference {
        case .topic(let topic): name(of: topic).map { (.topic, $0) }
        case .group(let group): (.group, group)
        case .transactionalID(let id): (.transactionalID, id)
        case .resource(_, let name): (.otherResource, name)
        case .partition, .acl: nil
        }
    }

    private func name(of topic: TopicReference) -> String? {
        topic.id.map { name(of: $0) } ?? topic.name
    }

    // MARK: Finding out

    /// Goes through all that a request names, and changes nothing.
    private func probe(
        _ body: any RequestMessage, _ record: RequestRecord, _ own: Case, _ findings: inout Findings
    ) {
        if own.checks.isEmpty { return }
        var found = findings
        let look: (ResourceReference) -> Refusal? = { reference in
            if let topic = reference.topic, case .topic = reference, let id = topic.id, self.name(of: id) == nil,
                own.checks.contains(where: { $0.subject == .topic })
            {
                found.unknown.insert(id)
                if !own.hasAsked { return nil }
            }
            if case .partition = reference { return nil }
            let refusal = self.refusal(of: reference, own)
            found.noted.insert(reference)
            if refusal != nil { found.hasRefusal = true }
            return refusal
        }
        // One subject that is refused is enough to refuse all.
        let subjects = (body as? any SubjectNaming)?.subjects(version: record.apiVersion) ?? []
        let isRefused = subjects.contains { look($0) != nil }
        if !isRefused, let parts = body as? any PartiallyRefusable { tryOut(parts, record.apiVersion, look) }
        findings = found
    }

    private func tryOut<Asked: PartiallyRefusable>(
        _ asked: Asked, _ version: Int16, _ look: (ResourceReference) -> Refusal?
    ) {
        var copy = asked
        _ = copy.refuseParts(version: version, look)
    }

    /// Counts and logs what was decided.
    private func report(_ body: any RequestMessage, _ record: RequestRecord, _ own: Case, _ findings: Findings) {
        if findings.hasRefusal { counts.countDenial(record.apiKey) }
        for reference in findings.noted {
            guard let (subject, name) = subject(of: reference) else { continue }
            if own.missing.contains(name), let creation = Self.creation(filter.book.table) {
                note(creation, name, isAllowed: false, record)
            }
            for check in own.checks where check.subject == subject && applies(check, name, own) {
                note(check, name, isAllowed: isSatisfied(check, name), record)
            }
        }
    }

    /// The check on topics that a request for metadata would create.
    static func creation(_ table: CheckTable) -> Check? {
        table.rows[.metadata]?.first { $0.condition == .autoCreation }
    }
}
