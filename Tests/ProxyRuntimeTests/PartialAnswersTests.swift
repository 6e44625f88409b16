import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import ProxyRuntime

private func createTopics(_ names: [String]) -> CreateTopicsRequest {
    var request = CreateTopicsRequest()
    request.topics = names.map { name in
        var topic = CreateTopicsRequest.CreatableTopic()
        topic.name = name
        return topic
    }
    return request
}

private func created(_ names: [String], _ error: ErrorCode = .none) -> CreateTopicsResponse {
    var response = CreateTopicsResponse()
    response.topics = names.map { name in
        var topic = CreateTopicsResponse.CreatableTopicResult()
        topic.name = name
        topic.errorCode = error
        return topic
    }
    return response
}

/// Refuses topics with a prefix, and lets the rest go on.
private func refuse(_ prefix: String) -> ScriptedFilter.RequestScript {
    { request in
        guard var body = try? request.frame.body(CreateTopicsRequest.self) else { return .close(reason: "unread") }
        let asked = body
        let refused = body.topics.map(\.name).filter { $0.hasPrefix(prefix) }
        body.topics.removeAll { $0.name.hasPrefix(prefix) }
        let part = created(refused, .topicAuthorizationFailed)
        if body.topics.isEmpty { return .answer(Answer(part)) }
        guard !refused.isEmpty else { return .forward }
        request.answerPart(part, asked: asked)
        request.frame.setBody(body)
        return .forward
    }
}

@Suite("Answers that filters give in part")
struct PartialAnswersTests {
    let journal = Journal()

    private func topics(_ frame: ByteBuffer) throws -> [String] {
        let body =
            try KafkaFrame.decodeResponse(frame, apiKey: .createTopics, apiVersion: 7).body as? CreateTopicsResponse
        return (body?.topics ?? []).map { "\($0.name) \($0.errorCode)" }
    }

    @Test("They are merged with the broker's, in the order asked")
    func merged() throws {
        let connections = try Connections([.scripted(ScriptedFilter("a", journal, request: refuse("secret")))])
        try connections.clientSends(createTopics(["secret-1", "a", "secret-2", "b"]), version: 7, id: 1)
        let got = try connections.brokerGot()
        #expect((try KafkaFrame.decodeRequest(got[0]).body as? CreateTopicsRequest)?.topics.map(\.name) == ["a", "b"])
        try connections.brokerAnswers(got[0], created(["b", "a"]))
        #expect(
            try topics(try #require(try connections.clientGot().first)) == [
                "secret-1 TOPIC_AUTHORIZATION_FAILED", "a NONE", "secret-2 TOPIC_AUTHORIZATION_FAILED", "b NONE",
            ])
        #expect(journal.entries.last == "a completed 1 answered")
    }

    @Test("Two filters may answer parts, the second one the last of them")
    func bySeveral() throws {
        let connections = try Connections([
            .scripted(ScriptedFilter("a", journal, request: refuse("x"))),
            .scripted(ScriptedFilter("b", journal, request: refuse("y"))),
            .scripted(ScriptedFilter("c", journal, request: refuse("z"))),
        ])
        try connections.clientSends(createTopics(["z", "y", "x"]), version: 7, id: 1)
        #expect(try connections.brokerGot().isEmpty)
        #expect(
            try topics(try #require(try connections.clientGot().first)) == [
                "z TOPIC_AUTHORIZATION_FAILED", "y TOPIC_AUTHORIZATION_FAILED", "x TOPIC_AUTHORIZATION_FAILED",
            ])
        #expect(journal.entries.filter { $0.contains("completed") }.count == 3)
    }

    @Test("A filter that renames behind one that answers parts does not mix them up")
    func renamedBehind() throws {
        let rename: ScriptedFilter.RequestScript = { request in
            guard var body = try? request.frame.body(CreateTopicsRequest.self) else { return .close(reason: "unread") }
            for index in body.topics.indices { body.topics[index].name = "real-" + body.topics[index].name }
            request.frame.setBody(body)
            return .forward
        }
        let renameBack: ScriptedFilter.ResponseScript = { response in
            guard var body = try? response.frame.body(CreateTopicsResponse.self) else {
                return .close(reason: "unread")
            }
            for index in body.topics.indices where !body.topics[index].name.hasPrefix("real-") {
                return .close(reason: "not-mine-\(index)")
            }
            for index in body.topics.indices { body.topics[index].name.removeFirst(5) }
            response.frame.setBody(body)
            return .forward
        }
        let connections = try Connections([
            .scripted(ScriptedFilter("a", journal, request: refuse("secret"))),
            .scripted(ScriptedFilter("b", journal, request: rename, response: renameBack)),
        ])
        try connections.clientSends(createTopics(["a", "secret", "b"]), version: 7, id: 1)
        try connections.brokerAnswers(try connections.brokerGot()[0], created(["real-a", "real-b"]))
        #expect(
            try topics(try #require(try connections.clientGot().first)) == [
                "a NONE", "secret TOPIC_AUTHORIZATION_FAILED", "b NONE",
            ])
    }

    @Test("The filters before one that answers see its answer as a response, and may change, hold or close it")
    func seenByEarlier() throws {
        let promise = Mutex<EventLoopPromise<ResponseAction>?>(nil)
        let connections = try Connections([
            .scripted(
                ScriptedFilter(
                    "a", journal,
                    response: { response in
                        guard var body = try? response.frame.body(CreateTopicsResponse.self) else {
                            return .close(reason: "?")
                        }
                        body.topics[0].name += "!"
                        response.frame.setBody(body)
                        guard response.record.correlationID == 1 else { return .forward }
                        let made = response.record.connection.eventLoop.makePromise(of: ResponseAction.self)
                        promise.withLock { $0 = made }
                        return .hold(made.futureResult)
                    })), .scripted(ScriptedFilter("b", journal, request: refuse("x"))),
        ])
        try connections.clientSends(createTopics(["x1"]), version: 7, id: 1)
        try connections.clientSends(createTopics(["x2"]), version: 7, id: 2)
        #expect(try connections.clientGot().isEmpty)
        promise.withLock { $0 }?.succeed(.forward)
        connections.loop.run()
        let got = try connections.clientGot()
        #expect(try got.map(topics) == [["x1! TOPIC_AUTHORIZATION_FAILED"], ["x2! TOPIC_AUTHORIZATION_FAILED"]])
        #expect(journal.entries.filter { $0.contains("completed") }.count == 4)
        let last = try Connections([
            .scripted(ScriptedFilter("a", journal, response: { _ in .close(reason: "no") })),
            .scripted(ScriptedFilter("b", journal, request: refuse("x"))),
        ])
        journal.clear()
        try last.clientSends(createTopics(["x1"]), version: 7, id: 1)
        #expect(last.isClosed)
        #expect(journal.entries.filter { $0.contains("completed 1 closed") }.count == 2)
    }

    @Test("The client closes while an answer is held: both filters hear of it once")
    func closedWhileAnswerIsHeld() throws {
        let promise = Mutex<EventLoopPromise<ResponseAction>?>(nil)
        let connections = try Connections([
            .scripted(
                ScriptedFilter(
                    "a", journal,
                    response: { response in
                        let made = response.record.connection.eventLoop.makePromise(of: ResponseAction.self)
                        promise.withLock { $0 = made }
                        return .hold(made.futureResult)
                    })), .scripted(ScriptedFilter("b", journal, request: refuse("x"))),
        ])
        try connections.clientSends(createTopics(["x1"]), version: 7, id: 1)
        connections.downstream.close(reason: "client")
        promise.withLock { $0 }?.succeed(.forward)
        connections.loop.run()
        #expect(
            journal.entries.suffix(4) == [
                "a completed 1 closed(\"client\")", "b completed 1 closed(\"client\")", "a closed", "b closed",
            ])
    }
}
