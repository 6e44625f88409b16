import FilterAPI
import KafkaMessages
import KafkaWire
import Logging
import NIOCore

/// What needs more than another name in the place of a name.
extension TopicRewriteConnection {
    // MARK: Whole requests

    /// Answers a request as a whole with an error.
    func refuse(_ request: FilteredRequest, _ refusal: Refusal) -> RequestAction {
        switch request.record.apiKey {
        case .consumerGroupHeartbeat:
            var answer = ConsumerGroupHeartbeatResponse()
            answer.errorCode = refusal.error
            answer.errorMessage = refusal.message
            return .answer(Answer(answer))
        case .streamsGroupHeartbeat:
            var answer = StreamsGroupHeartbeatResponse()
            answer.errorCode = refusal.error
            answer.errorMessage = refusal.message
            return .answer(Answer(answer))
        case .listTransactions:
            var answer = ListTransactionsResponse()
            answer.errorCode = refusal.error
            return .answer(Answer(answer))
        default: return .close(reason: "refused_name")
        }
    }

    /// What cannot be asked of all topics, since all at the broker are more than the client sees.
    ///
    /// - Returns: nil for a request that goes on.
    func special(_ request: FilteredRequest, _ view: TopicView, _ translation: RequestTranslation) -> RequestAction? {
        guard request.record.apiKey == .electLeaders, view.hidesOthers,
            let body = try? request.frame.body(ElectLeadersRequest.self), body.topicPartitions == nil
        else { return nil }
        counters.countRefused(.resource)
        var answer = ElectLeadersResponse()
        answer.errorCode = .invalidRequest
        return .answer(Answer(answer))
    }

    /// A list that is to go on at a topic which the client has no name for is at its end.
    ///
    /// - Returns: nil for other requests.
    func refuseCursor(_ request: FilteredRequest, _ view: TopicView) -> RequestAction? {
        guard request.record.apiKey == .describeTopicPartitions,
            let body = try? request.frame.body(DescribeTopicPartitionsRequest.self), let cursor = body.cursor,
            view.brokerTopic(cursor.topicName).brokerName == nil
        else { return nil }
        return .answer(Answer(DescribeTopicPartitionsResponse()))
    }

    // MARK: Metadata by ID

    /// Topics that were asked for by ID, and that the client must not see, are none that it knows.
    func hideTopicsByID(_ response: FilteredResponse, _ note: RewriteNote) throws(WireError) {
        var body = try response.frame.body(MetadataResponse.self)
        var isChanged = false
        for index in body.topics.indices {
            let topic = body.topics[index]
            guard let name = topic.name, note.askedIDs.contains(topic.topicID), note.view.clientTopic(name) == nil
            else { continue }
            var hidden = MetadataResponse.MetadataResponseTopic()
            hidden.errorCode = .unknownTopicID
            hidden.name = nil
            hidden.topicID = topic.topicID
            body.topics[index] = hidden
            isChanged = true
        }
        if isChanged { response.frame.setBody(body) }
    }

    // MARK: Classic groups

    /// A leader that has no name for a topic of another member cannot assign it.
    func refuseLeader(_ response: FilteredResponse, _ note: RewriteNote, _ topic: String) throws(WireError) {
        let joined = try response.frame.body(JoinGroupResponse.self)
        var answer = JoinGroupResponse()
        answer.errorCode = .inconsistentGroupProtocol
        answer.memberID = joined.memberID
        answer.protocolName = ""
        answer.throttleTimeMs = joined.throttleTimeMs
        response.frame.setBody(answer)
        counters.countInconsistentLeader()
        context.logger.warning(
            "leader of a group refused: it has no name for a topic of another member",
            metadata: [
                "filter": "\(context.name)", "listener": "\(context.listener)", "group": "\(note.group)",
                "topic": "\(topic)", "client_id": "\(response.record.clientID ?? "")",
            ])
    }

    // MARK: Lists of topics, a page at a time

    /// How many pages are looked through for the next topic that the client may see.
    private static let mostPages = 1000
    /// How many partitions a broker lists on a page.
    private static let partitionsOfPage: Int32 = 2000

    /// The next page begins at a topic that the client must not see: finds the first behind it that it may.
    func findVisibleCursor(_ response: FilteredResponse, _ note: RewriteNote, from hidden: String) -> ResponseAction {
        var start = DescribeTopicPartitionsRequest.Cursor()
        start.topicName = hidden
        start.partitionIndex = 0
        return .hold(
            visibleCursor(note, from: start, pages: 0).assumeIsolated().map { found -> ResponseAction in
                do throws(WireError) {
                    var body = try response.frame.body(DescribeTopicPartitionsResponse.self)
                    body.nextCursor = found.map { name in
                        var cursor = DescribeTopicPartitionsResponse.Cursor()
                        cursor.topicName = name
                        cursor.partitionIndex = 0
                        return cursor
                    }
                    response.frame.setBody(body)
                    return .forward
                } catch {
                    return .close(reason: "unreadable")
                }
            }.nonisolated())
    }

    /// The client's name of the first topic from a place on, in the order of the broker; nil if there is none.
    private func visibleCursor(
        _ note: RewriteNote, from start: DescribeTopicPartitionsRequest.Cursor, pages: Int
    ) -> EventLoopFuture<String?> {
        guard pages < Self.mostPages else { return connection.eventLoop.makeSucceededFuture(nil) }
        var question = DescribeTopicPartitionsRequest()
        question.responsePartitionLimit = Self.partitionsOfPage
        question.cursor = start
        return connection.ask(question, version: 0).hop(to: connection.eventLoop).assumeIsolated()
            .flatMap { page -> EventLoopFuture<String?> in
                let names = page.topics.compactMap(\.name) + (page.nextCursor.map { [$0.topicName] } ?? [])
                let visible = names.lazy.compactMap { note.view.clientTopic($0) }.first
                guard visible == nil, let end = page.nextCursor else {
                    return self.connection.eventLoop.makeSucceededFuture(visible)
                }
                var next = DescribeTopicPartitionsRequest.Cursor()
                next.topicName = end.topicName
                next.partitionIndex = end.partitionIndex
                guard next != start else { return self.connection.eventLoop.makeSucceededFuture(nil) }
                return self.visibleCursor(note, from: next, pages: pages + 1)
            }.nonisolated()
    }
}
