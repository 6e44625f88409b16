import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import ProxyRuntime

/// A request that is easily told from others: a heartbeat of a group.
private func heartbeat(_ group: String = "g") -> HeartbeatRequest {
    var request = HeartbeatRequest()
    request.groupID = group
    return request
}

private func heartbeatAnswer(_ error: ErrorCode = .none) -> HeartbeatResponse {
    var response = HeartbeatResponse()
    response.errorCode = error
    return response
}

extension Connections {
    /// The client sends heartbeats with these correlation IDs.
    fileprivate func heartbeats(_ ids: Int32...) throws {
        for id in ids { try clientSends(heartbeat("g\(id)"), version: 4, id: id) }
    }

    /// The broker answers all that it got.
    fileprivate func answerAll(_ error: ErrorCode = .none) throws {
        for frame in try brokerGot() { try brokerAnswers(frame, heartbeatAnswer(error)) }
    }

    fileprivate func groupsThatBrokerGot() throws -> [String] {
        try brokerGotMessages().map { ($0 as? HeartbeatRequest)?.groupID ?? "?" }
    }
}

@Suite("A filter chain")
struct FilterChainTests {
    let journal = Journal()

    @Test("Requests run the chain in order, responses in reverse, and both filters hear of the end")
    func order() throws {
        let connections = try Connections([
            .scripted(ScriptedFilter("a", journal)), .scripted(ScriptedFilter("b", journal)),
        ])
        try connections.heartbeats(7)
        try connections.answerAll()
        #expect(try connections.clientGotIDs() == [7])
        #expect(
            journal.entries == [
                "a request 7", "b request 7", "b response 7", "a response 7", "a completed 7 answered",
                "b completed 7 answered",
            ])
    }

    @Test("What a filter changes is what the broker gets, at the same correlation ID for the client")
    func changed() throws {
        let filter = ScriptedFilter("a", journal) { request in
            guard var body = try? request.frame.body(HeartbeatRequest.self) else { return .close(reason: "unread") }
            body.groupID = "another-group"
            request.frame.setBody(body)
            return .forward
        }
        let connections = try Connections([.scripted(filter)])
        try connections.heartbeats(1, 2)
        let got = try connections.brokerGot()
        #expect(
            try got.map { (try KafkaFrame.decodeRequest($0).body as? HeartbeatRequest)?.groupID }
                == ["another-group", "another-group"])
        for frame in got { try connections.brokerAnswers(frame, heartbeatAnswer()) }
        #expect(try connections.clientGotIDs() == [1, 2])
    }

    @Test("A later filter sees what an earlier one changed, however each of them reads and changes")
    func changesAddUp() throws {
        let byBody: ScriptedFilter.RequestScript = { request in
            guard var body = try? request.frame.body(HeartbeatRequest.self) else { return .close(reason: "unread") }
            body.groupID += "-body"
            request.frame.setBody(body)
            return .forward
        }
        let byField: ScriptedFilter.RequestScript = { request in
            guard let fields = try? request.frame.fields() else { return .close(reason: "unread") }
            for field in fields where field.role == .groupID {
                request.frame.replace(field, with: (request.frame.string(field) ?? "?") + "-field")
            }
            return .forward
        }
        for version in [0, 4] as [Int16] {
            for (first, second, expected) in [
                (byBody, byBody, "g-body-body"), (byField, byField, "g-field-field"), (byBody, byField, "g-body-field"),
                (byField, byBody, "g-field-body"),
            ] {
                let connections = try Connections([
                    .scripted(ScriptedFilter("a", journal, request: first)),
                    .scripted(ScriptedFilter("b", journal, request: second)),
                ])
                try connections.clientSends(heartbeat(), version: version, id: 1)
                #expect(try connections.groupsThatBrokerGot() == [expected], "version \(version)")
            }
        }
    }

    @Test("A filter's answer reaches the client; later filters and the broker never see the request")
    func answered() throws {
        let connections = try Connections([
            .scripted(ScriptedFilter("a", journal)),
            .scripted(
                ScriptedFilter("b", journal) { _ in .answer(Answer(heartbeatAnswer(.groupAuthorizationFailed))) }),
            .scripted(ScriptedFilter("c", journal)),
        ])
        try connections.heartbeats(5)
        #expect(try connections.brokerGot().isEmpty)
        let got = try connections.clientGot()
        #expect(got.count == 1)
        let frame = try KafkaFrame.decodeResponse(got[0], apiKey: .heartbeat, apiVersion: 4)
        #expect((frame.body as? HeartbeatResponse)?.errorCode == .groupAuthorizationFailed)
        #expect(journal.entries.filter { $0.hasPrefix("c") }.isEmpty)
        #expect(
            journal.entries.filter { $0.contains("completed") } == [
                "a completed 5 answeredByFilter(\"b\")", "b completed 5 answeredByFilter(\"b\")",
            ])
    }

    @Test("A filter's answer waits for its turn among requests that the broker answers")
    func answeredInTurn() throws {
        let filter = ScriptedFilter("a", journal) { request in
            request.record.correlationID % 2 == 0 ? .answer(Answer(heartbeatAnswer())) : .forward
        }
        let connections = try Connections([.scripted(filter)])
        try connections.heartbeats(1, 2, 3, 4, 5, 6)
        #expect(try connections.clientGotIDs() == [])
        let got = try connections.brokerGot()
        #expect(got.count == 3)
        try connections.brokerAnswers(got[0], heartbeatAnswer())
        #expect(try connections.clientGotIDs() == [1, 2])
        try connections.brokerAnswers(got[1], heartbeatAnswer())
        try connections.brokerAnswers(got[2], heartbeatAnswer())
        #expect(try connections.clientGotIDs() == [3, 4, 5, 6])
    }

    @Test("Many requests in one chunk, answered by filter and broker in turns, keep their order")
    func pipelinedInOneChunk() throws {
        let filter = ScriptedFilter("a", journal) { request in
            request.record.correlationID % 3 == 0 ? .answer(Answer(heartbeatAnswer())) : .forward
        }
        let connections = try Connections([.scripted(filter)])
        var chunk = ByteBuffer()
        for id in 0..<12 as Range<Int32> {
            chunk.writeImmutableBuffer(try Connections.request(heartbeat("g\(id)"), version: 4, id: id))
        }
        try connections.clientSends(chunk)
        let got = try connections.brokerGot()
        var answers = ByteBuffer()
        for frame in got { answers.writeImmutableBuffer(try Connections.response(heartbeatAnswer(), to: frame)) }
        #expect(got.count == 8)
        try connections.brokerSends(answers)
        #expect(try connections.clientGotIDs() == Array(0..<12))
    }

    @Test("A held request waits, those behind it too, and then goes on in order")
    func heldRequest() throws {
        let promises = Mutex<[EventLoopPromise<RequestAction>]>([])
        let connections = try Connections([
            .scripted(
                ScriptedFilter("a", journal) { request in
                    guard request.record.correlationID == 1 else { return .forward }
                    let promise = request.record.connection.eventLoop.makePromise(of: RequestAction.self)
                    promises.withLock { $0.append(promise) }
                    return .hold(promise.futureResult)
                }), .scripted(ScriptedFilter("b", journal)),
        ])
        try connections.heartbeats(1, 2)
        #expect(try connections.brokerGot().isEmpty)
        #expect(journal.entries == ["a request 1"])
        promises.withLock { $0[0] }.succeed(.forward)
        connections.loop.run()
        #expect(try connections.groupsThatBrokerGot() == ["g1", "g2"])
        #expect(journal.entries == ["a request 1", "b request 1", "a request 2", "b request 2"])
    }

    @Test("A held request may end in an answer or in a close, whatever comes behind it")
    func heldRequestEnds() throws {
        for isClosed in [false, true] {
            let promise = Mutex<EventLoopPromise<RequestAction>?>(nil)
            let connections = try Connections([
                .scripted(
                    ScriptedFilter("a", journal) { request in
                        guard request.record.correlationID == 1 else { return .forward }
                        let made = request.record.connection.eventLoop.makePromise(of: RequestAction.self)
                        promise.withLock { $0 = made }
                        return .hold(made.futureResult)
                    }), .scripted(ScriptedFilter("b", journal)),
            ])
            journal.clear()
            try connections.heartbeats(1, 2)
            promise.withLock { $0 }?.succeed(isClosed ? .close(reason: "test") : .answer(Answer(heartbeatAnswer())))
            connections.loop.run()
            #expect(connections.isClosed == isClosed)
            #expect(try connections.clientGotIDs() == (isClosed ? [] : [1]))
            #expect(journal.entries.filter { $0.contains("a completed 1") }.count == 1)
            #expect(journal.entries.filter { $0.contains("b request 1") }.isEmpty)
        }
    }

    @Test("A hold whose future fails closes the connection: what was not decided is denied")
    func holdFails() throws {
        struct Failure: Error {}
        let promise = Mutex<EventLoopPromise<RequestAction>?>(nil)
        let connections = try Connections([
            .scripted(
                ScriptedFilter("a", journal) { request in
                    let made = request.record.connection.eventLoop.makePromise(of: RequestAction.self)
                    promise.withLock { $0 = made }
                    return .hold(made.futureResult)
                })
        ])
        try connections.heartbeats(1)
        promise.withLock { $0 }?.fail(Failure())
        connections.loop.run()
        #expect(connections.isClosed)
        #expect(try connections.brokerGot().isEmpty)
        #expect(journal.entries.filter { $0.contains("completed") } == ["a completed 1 closed(\"filter_failed\")"])
    }

    @Test("A held response waits, and the responses behind it too")
    func heldResponse() throws {
        let promises = Mutex<[EventLoopPromise<ResponseAction>]>([])
        let filter = ScriptedFilter(
            "a", journal,
            response: { response in
                guard response.record.correlationID != 2 else { return .forward }
                let promise = response.record.connection.eventLoop.makePromise(of: ResponseAction.self)
                promises.withLock { $0.append(promise) }
                return .hold(promise.futureResult)
            })
        let connections = try Connections([.scripted(filter)])
        try connections.heartbeats(1, 2, 3)
        try connections.answerAll()
        #expect(try connections.clientGotIDs() == [])
        promises.withLock { $0[0] }.succeed(.forward)
        connections.loop.run()
        #expect(try connections.clientGotIDs() == [1, 2])
        promises.withLock { $0[1] }.succeed(.forward)
        connections.loop.run()
        #expect(try connections.clientGotIDs() == [3])
        #expect(journal.entries.filter { $0.contains("completed") }.count == 3)
    }

    @Test("The client closes while a request is held, or a response: each filter hears of the end once")
    func closedWhileHeld() throws {
        for holdsRequest in [true, false] {
            let kept = Mutex<[any Sendable]>([])
            let connections = try Connections([
                .scripted(ScriptedFilter("a", journal)),
                .scripted(
                    ScriptedFilter(
                        "b", journal,
                        request: { request in
                            guard holdsRequest else { return .forward }
                            let promise = request.record.connection.eventLoop.makePromise(of: RequestAction.self)
                            kept.withLock { $0.append(promise) }
                            return .hold(promise.futureResult)
                        },
                        response: { response in
                            let promise = response.record.connection.eventLoop.makePromise(of: ResponseAction.self)
                            kept.withLock { $0.append(promise) }
                            return .hold(promise.futureResult)
                        })),
            ])
            journal.clear()
            try connections.heartbeats(1)
            try connections.answerAll()
            connections.downstream.close(reason: "client")
            let ends = ["a completed 1 closed(\"client\")", "b completed 1 closed(\"client\")", "a closed", "b closed"]
            #expect(journal.entries.suffix(4) == ends[...], "request \(holdsRequest)")
            for promise in kept.withLock({ $0 }) {
                (promise as? EventLoopPromise<RequestAction>)?.succeed(.forward)
                (promise as? EventLoopPromise<ResponseAction>)?.succeed(.forward)
            }
            connections.loop.run()
            #expect(journal.entries.suffix(4) == ends[...], "request \(holdsRequest)")
            #expect(try connections.brokerGot().isEmpty)
            #expect(connections.shared.budget.usage.bytes == 0)
        }
    }

    @Test("A filter that closes on a request or a response is told of its end, once")
    func closes() throws {
        for onRequest in [true, false] {
            let connections = try Connections([
                .scripted(
                    ScriptedFilter(
                        "a", journal, request: { _ in onRequest ? .close(reason: "denied") : .forward },
                        response: { _ in .close(reason: "denied") })),
                .scripted(ScriptedFilter("b", journal)),
            ])
            journal.clear()
            try connections.heartbeats(1)
            try connections.answerAll()
            #expect(connections.isClosed)
            #expect(try connections.clientGotIDs() == [])
            #expect(journal.entries.filter { $0.hasPrefix("a completed") } == ["a completed 1 closed(\"denied\")"])
            #expect(journal.entries.filter { $0.hasPrefix("b completed") }.count == (onRequest ? 0 : 1))
        }
    }

    @Test("A filter in dry run sees all and changes nothing")
    func dryRun() throws {
        let filters: [ScriptedFilter.RequestScript] = [
            { _ in .answer(Answer(heartbeatAnswer())) }, { _ in .close(reason: "denied") },
            { request in
                request.throttle(for: .seconds(5))
                return .hold(request.record.connection.eventLoop.makeSucceededFuture(.close(reason: "denied")))
            },
            { request in
                request.frame.setBody(heartbeat("changed"))
                if let field = try? request.frame.fields().first(where: { $0.role == .groupID }) {
                    request.frame.replace(field, with: "changed too")
                }
                return .forward
            },
        ]
        for script in filters {
            let connections = try Connections([
                .scripted(ScriptedFilter("a", journal, request: script), isDryRun: true),
                .scripted(ScriptedFilter("b", journal)),
            ])
            journal.clear()
            try connections.heartbeats(1)
            #expect(try connections.groupsThatBrokerGot() == ["g1"])
            #expect(journal.entries == ["a request 1", "b request 1"])
            #expect(connections.downstream.pauses.isEmpty)
        }
    }

    @Test("A filter that throttles slows the client: the time is in the answer, and nothing is read for as long")
    func throttle() throws {
        let filter = ScriptedFilter("a", journal) { request in
            request.throttle(for: .milliseconds(1500))
            return .forward
        }
        let connections = try Connections([.scripted(filter)])
        try connections.heartbeats(1)
        try connections.answerAll()
        let got = try connections.clientGot()
        let body = try KafkaFrame.decodeResponse(got[0], apiKey: .heartbeat, apiVersion: 4).body as? HeartbeatResponse
        #expect(body?.throttleTimeMs == 1500)
        try connections.heartbeats(2)
        #expect(try connections.brokerGot().isEmpty)
        connections.loop.advanceTime(by: .milliseconds(1499))
        #expect(try connections.brokerGot().isEmpty)
        connections.loop.advanceTime(by: .milliseconds(1))
        #expect(try connections.groupsThatBrokerGot() == ["g2"])
    }

    private func observer(_ name: String) -> FilterChain.Entry {
        .scripted(
            ScriptedFilter(
                name, journal,
                interests: [
                    Interest(nil, .request, depth: .completion), Interest(nil, .response, depth: .completion),
                ]))
    }

    @Test("A filter that wants to know of the end is told of it and of nothing else, unless one before it ended it")
    func completionOnly() throws {
        let answering = ScriptedFilter("b", journal) { request in
            switch request.record.correlationID {
            case 1: .forward
            case 2: .answer(Answer(heartbeatAnswer()))
            default: .close(reason: "denied")
            }
        }
        let connections = try Connections([observer("a"), .scripted(answering), observer("c")])
        try connections.heartbeats(1)
        try connections.answerAll()
        #expect(
            journal.entries == [
                "b request 1", "b response 1", "a completed 1 answered", "b completed 1 answered",
                "c completed 1 answered",
            ])
        for (id, result) in [(2, "answeredByFilter(\"b\")"), (3, "closed(\"denied\")")] as [(Int32, String)] {
            journal.clear()
            try connections.heartbeats(id)
            #expect(
                journal.entries.prefix(3) == [
                    "b request \(id)", "a completed \(id) \(result)", "b completed \(id) \(result)",
                ])
            #expect(!journal.entries.contains { $0.hasPrefix("c completed") })
        }
    }

    @Test("The client is muted when the filter decides, and until the latest time that was asked for")
    func muting() throws {
        let filter = ScriptedFilter("a", journal) { request in
            request.throttle(for: .milliseconds(request.record.correlationID == 1 ? 1000 : 200))
            return .forward
        }
        let connections = try Connections([.scripted(filter)])
        var bytes = try Connections.request(heartbeat("g1"), version: 4, id: 1)
        bytes.writeImmutableBuffer(try Connections.request(heartbeat("g2"), version: 4, id: 2))
        bytes.writeImmutableBuffer(try Connections.request(heartbeat("g3"), version: 4, id: 3))
        try connections.clientSends(bytes)
        let first = try connections.brokerGot()
        #expect(first.count == 1)
        connections.loop.advanceTime(by: .milliseconds(900))
        try connections.brokerAnswers(first[0], heartbeatAnswer())
        #expect(try connections.brokerGot().isEmpty)
        connections.loop.advanceTime(by: .milliseconds(100))
        #expect(try connections.groupsThatBrokerGot() == ["g2"])
        connections.loop.advanceTime(by: .milliseconds(199))
        #expect(try connections.brokerGot().isEmpty)
        connections.loop.advanceTime(by: .milliseconds(1))
        #expect(try connections.groupsThatBrokerGot() == ["g3"])
    }

    @Test("A frame that has begun comes to its end while the client is muted for it")
    func mutedInFrame() throws {
        let filter = ScriptedFilter("a", journal, interests: [Interest(nil, .request, depth: .header)]) { request in
            request.throttle(for: .seconds(1))
            return .forward
        }
        let connections = try Connections([.scripted(filter)])
        var request = ProduceRequest()
        request.acks = -1
        var topic = ProduceRequest.TopicProduceData()
        topic.name = "orders"
        var partition = ProduceRequest.PartitionProduceData()
        partition.records = ByteBuffer(repeating: 1, count: 2000)
        topic.partitionData = [partition]
        request.topicData = [topic]
        var bytes = try Connections.request(request, version: 9, id: 1)
        var wasRead = 0
        connections.onClientRead = { wasRead += 1 }
        try connections.clientSends(bytes.readSlice(length: 300) ?? ByteBuffer())
        connections.client.read()
        #expect(wasRead > 0)
        try connections.clientSends(bytes)
        #expect(try connections.brokerGot().count == 1)
    }

    @Test("The client is muted by a filter that is shown a frame when it has passed")
    func mutedWhenPassed() throws {
        let filter = ScriptedFilter("a", journal, interests: [Interest([.produce], .request, depth: .fields)]) {
            request in
            request.throttle(for: .seconds(1))
            return .forward
        }
        let connections = try Connections([.scripted(filter)])
        var request = ProduceRequest()
        request.acks = -1
        var topic = ProduceRequest.TopicProduceData()
        topic.name = "orders"
        var partition = ProduceRequest.PartitionProduceData()
        partition.records = ByteBuffer(repeating: 1, count: 2000)
        topic.partitionData = [partition]
        request.topicData = [topic]
        var bytes = try Connections.request(request, version: 9, id: 1)
        bytes.writeImmutableBuffer(try Connections.request(heartbeat("g"), version: 4, id: 2))
        try connections.clientSends(bytes.readSlice(length: 300) ?? ByteBuffer())
        try connections.clientSends(bytes)
        #expect(try connections.brokerGot().count == 1)
        connections.loop.advanceTime(by: .milliseconds(999))
        #expect(try connections.brokerGot().isEmpty)
        connections.loop.advanceTime(by: .milliseconds(1))
        #expect(try connections.groupsThatBrokerGot() == ["g"])
    }

    @Test("A request without an answer is completed when it has been handed on; rejecting it closes the connection")
    func acksZero() throws {
        var request = ProduceRequest()
        request.acks = 0
        for rejects in [false, true] {
            let connections = try Connections([
                .scripted(
                    ScriptedFilter("a", journal) { _ in
                        rejects ? .answer(Answer(ProduceResponse())) : .forward
                    })
            ])
            journal.clear()
            try connections.clientSends(request, version: 9, id: 1)
            #expect(connections.isClosed == rejects)
            #expect(try connections.brokerGot().count == (rejects ? 0 : 1))
            #expect(
                journal.entries.filter { $0.contains("completed") } == [
                    rejects ? "a completed 1 answeredByFilter(\"a\")" : "a completed 1 noResponse"
                ])
            #expect(connections.downstream.slots.isEmpty)
        }
    }

    @Test("Requests in flight are completed when either side closes")
    func closedInFlight() throws {
        for byClient in [true, false] {
            let connections = try Connections([.scripted(ScriptedFilter("a", journal))])
            journal.clear()
            try connections.heartbeats(1, 2)
            if byClient {
                _ = try connections.client.finish()
            } else {
                _ = try connections.broker.finish()
            }
            connections.loop.run()
            #expect(connections.isClosed)
            let ends = journal.entries.filter { $0.contains("completed") }
            #expect(ends.count == 2 && ends.allSatisfy { $0.contains("closed") }, "\(ends)")
            #expect(journal.entries.last == "a closed")
        }
    }
}
