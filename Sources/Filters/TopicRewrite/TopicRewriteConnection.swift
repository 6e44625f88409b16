import FilterAPI
import KafkaMessages
import KafkaWire
import Logging
import NIOCore

/// The part of a topic rewrite in one connection.
final class TopicRewriteConnection: ConnectionFilter {
    let views: any ConnectionViews
    let connection: ConnectionContext
    let counters: TopicRewriteMetrics.Handles
    let context: FilterContext
    let topicIDs: TopicIDNames
    /// The protocol types of the classic groups that were joined on this connection, by the client's names.
    private var groupTypes: [String: String] = [:]
    /// True if a fetch session of this connection may hold topics that have other names; nil before the first Fetch.
    private var sessionRenames: Bool?

    /// The most groups whose types are kept.
    private static let mostGroups = 100

    init(
        _ views: any ConnectionViews, _ connection: ConnectionContext, _ counters: TopicRewriteMetrics.Handles,
        _ context: FilterContext
    ) {
        self.views = views
        self.connection = connection
        self.counters = counters
        self.context = context
        topicIDs = TopicIDNames(connection)
    }

    func request(_ request: FilteredRequest) -> RequestAction {
        action(views.view(for: request), request)
    }

    private func action(_ decision: ViewDecision, _ request: FilteredRequest) -> RequestAction {
        switch decision {
        case .answer(let answer): return .answer(answer)
        case .inspect: return .inspect
        case .close(let reason): return .close(reason: reason)
        case .hold(let future):
            return .hold(
                future.hop(to: connection.eventLoop).assumeIsolated().map { self.action($0, request) }.nonisolated())
        case .view(let view):
            if view.isIdentity { return .forward }
            request.note = RewriteNote(view)
            guard request.frame.isWhole else { return needsFrame(request.record, view) ? .inspect : .forward }
            do throws(WireError) {
                return try translate(request, view)
            } catch {
                // What cannot be read cannot be translated, and must not be sent as it is.
                return .close(reason: "unreadable")
            }
        }
    }

    /// True if the names in a request may matter that is known by its header only.
    private func needsFrame(_ record: RequestRecord, _ view: TopicView) -> Bool {
        switch record.apiKey {
        case .produce: true
        case .fetch: !view.keepsTopics
        default: false
        }
    }

    // MARK: Requests

    private func translate(_ request: FilteredRequest, _ view: TopicView) throws(WireError) -> RequestAction {
        let fields = try request.frame.fields(TranslatedAPIs.request)
        if !view.keepsTopics, TranslatedAPIs.judgedByID.contains(request.record.apiKey) {
            let ids = fields.filter { $0.role == .topicID }.compactMap { request.frame.uuid($0) }
            let unknown = ids.filter { $0 != .zero && topicIDs.name(of: $0) == nil }
            if !unknown.isEmpty, !context.isDryRun { return hold(request, view, learning: unknown) }
            return try translate(request, view, fields, refusesIDs: ids.contains { !sees($0, view) })
        }
        return try translate(request, view, fields, refusesIDs: false)
    }

    /// Holds a request until the names of topics are known.
    private func hold(_ request: FilteredRequest, _ view: TopicView, learning ids: [KafkaUUID]) -> RequestAction {
        .hold(
            topicIDs.learn(Array(Set(ids))).assumeIsolated().map { () -> RequestAction in
                do throws(WireError) {
                    let fields = try request.frame.fields(TranslatedAPIs.request)
                    // What is not known now is of no topic that the client may see.
                    let ids = fields.filter { $0.role == .topicID }.compactMap { request.frame.uuid($0) }
                    return try self.translate(request, view, fields, refusesIDs: ids.contains { !self.sees($0, view) })
                } catch {
                    return .close(reason: "unreadable")
                }
            }.nonisolated())
    }

    /// True if the client sees the topic of an ID.
    private func sees(_ id: KafkaUUID, _ view: TopicView) -> Bool {
        id == .zero || topicIDs.name(of: id).map { view.clientTopic($0) != nil } ?? context.isDryRun
    }

    private func translate(
        _ request: FilteredRequest, _ view: TopicView, _ fields: [LocatedField], refusesIDs: Bool
    ) throws(WireError) -> RequestAction {
        var translation = RequestTranslation(view, request.record)
        translation.read(request.frame, fields, groupTypes)
        for refusal in Set(translation.refusals) { counters.countRefused(.init(refusal)) }
        if translation.refusesResource { counters.countRefused(.resource) }
        if refusesIDs { counters.countRefused(.topicID) }
        for rule in translation.rules { counters.countRequest(rule: rule, view) }
        switch translation.obstacle {
        case .refusal(let refusal):
            counters.countRefused(.expression)
            return refuse(request, refusal)
        case .refusedNames:
            return try refuseNames(request, view, translation)
        case nil:
            if refusesIDs { return try refuseNames(request, view, translation) }
            if let action = special(request, view, translation) { return action }
            translation.apply(to: &request.frame)
            finish(request, translation)
            return .forward
        }
    }

    /// Takes the parts out that name what the client must not see, and translates the rest.
    private func refuseNames(
        _ request: FilteredRequest, _ view: TopicView, _ first: RequestTranslation
    ) throws(WireError) -> RequestAction {
        if let action = refuseCursor(request, view) { return action }
        let refusing = NameRefusals(view, request.record) { [topicIDs] in topicIDs.name(of: $0) }
        let action = try request.refuseParts { reference in refusing.refusal(of: reference) }
        guard case .forward = action else { return action }
        var rest = RequestTranslation(view, request.record, isRest: true)
        // Asking for the fields writes the rest into the frame: they are those of the frame behind it.
        let fields = try request.frame.fields(TranslatedAPIs.request)
        rest.read(request.frame, fields, groupTypes)
        guard rest.obstacle == nil else {
            // There is no answer for a part of this request.
            return .close(reason: "refused_name")
        }
        if let action = special(request, view, rest) { return action }
        rest.apply(to: &request.frame)
        finish(request, rest)
        return .forward
    }

    private func finish(_ request: FilteredRequest, _ translation: RequestTranslation) {
        let note = translation.note
        request.note = note
        let record = request.record
        if record.apiKey == .joinGroup, let type = note.protocolType {
            if groupTypes.count >= Self.mostGroups { groupTypes.removeAll() }
            groupTypes[note.group] = type
        }
        if record.apiKey == .fetch, record.apiVersion <= 12 { noteSession(request, renames: translation.renamesTopics) }
    }

    /// Responses of a session name topics that an earlier request has named, so that what was renamed once stays so.
    private func noteSession(_ request: FilteredRequest, renames: Bool) {
        if renames {
            sessionRenames = true
        } else if sessionRenames == nil {
            let goesOn =
                request.record.apiVersion >= 7 && (try? request.frame.body(FetchRequest.self).sessionEpoch) ?? 1 > 0
            sessionRenames = goesOn
        }
        if sessionRenames == true, !context.isDryRun { request.inspectResponse() }
    }

    // MARK: Responses

    func response(_ response: FilteredResponse) -> ResponseAction {
        // In a dry run the names in the response are the client's own.
        guard let note = response.note as? RewriteNote, response.frame.isWhole, !context.isDryRun else {
            return .forward
        }
        switch views.response(response, note.view) {
        case .forward: break
        case let action: return action
        }
        do throws(WireError) {
            return try translate(response, note, asked: false)
        } catch {
            return .close(reason: "unreadable")
        }
    }

    /// Translates a response; `asked` is true if the broker was asked for the names of topics already.
    private func translate(
        _ response: FilteredResponse, _ note: RewriteNote, asked: Bool
    ) throws(WireError) -> ResponseAction {
        if response.record.apiKey == .metadata, !note.askedIDs.isEmpty { try hideTopicsByID(response, note) }
        let fields = try response.frame.fields(TranslatedAPIs.response)
        var translation = ResponseTranslation(
            note, response.record, cluster: connection.cluster, hidesUnknownIDs: asked
        ) { [topicIDs] in topicIDs.name(of: $0) }
        var frame = response.frame
        translation.translate(&frame, fields)
        if !translation.unknownIDs.isEmpty { return hold(response, note, learning: translation.unknownIDs) }
        response.frame = frame
        if let topic = translation.unnamedTopic { try refuseLeader(response, note, topic) }
        if let cursor = translation.hiddenCursor { return findVisibleCursor(response, note, from: cursor) }
        return .forward
    }

    private func hold(
        _ response: FilteredResponse, _ note: RewriteNote, learning ids: [KafkaUUID]
    ) -> ResponseAction {
        .hold(
            topicIDs.learn(Array(Set(ids))).assumeIsolated().map { () -> ResponseAction in
                do throws(WireError) {
                    return try self.translate(response, note, asked: true)
                } catch {
                    return .close(reason: "unreadable")
                }
            }.nonisolated())
    }

    func completed(_ request: CompletedRequest) {
        views.completed(request)
    }

    func connectionClosed() {
        views.connectionClosed()
    }
}
