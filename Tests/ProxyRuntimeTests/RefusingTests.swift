import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import ProxyRuntime

/// Values with a body that sets them up.
private func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}

private let denied = Refusal(.topicAuthorizationFailed, message: "no")

/// Refuses what is named so, of any API.
private func refuse(_ names: String...) -> ScriptedFilter.RequestScript {
    { request in
        let action = try? request.refuseParts { part in
            switch part {
            case .topic(let topic): names.contains(topic.name ?? "") ? denied : nil
            case .group(let name): names.contains(name) ? Refusal(.groupAuthorizationFailed) : nil
            case .acl(let pattern): names.contains(pattern.name ?? "") ? denied : nil
            default: nil
            }
        }
        return action ?? .close(reason: "unreadable")
    }
}

private func metadata(_ names: [String]) -> MetadataRequest {
    with(MetadataRequest()) {
        $0.topics = names.map { name in with(MetadataRequest.MetadataRequestTopic()) { $0.name = name } }
    }
}

private func acls(_ names: [String]) -> CreateAclsRequest {
    with(CreateAclsRequest()) {
        $0.creations = names.map { name in with(CreateAclsRequest.AclCreation()) { $0.resourceName = name } }
    }
}

@Suite("Refusing through the chain")
struct RefusingTests {
    let journal = Journal()

    private func answer<Response: ResponseMessage>(
        _ connections: Connections, _ type: Response.Type, version: Int16
    ) throws -> Response {
        let frame = try #require(try connections.clientGot().first)
        return try #require(
            try KafkaFrame.decodeResponse(frame, apiKey: type.apiKey, apiVersion: version).body as? Response)
    }

    private func connections(_ scripts: ScriptedFilter.RequestScript...) throws -> Connections {
        try Connections(
            scripts.enumerated().map { index, script in
                .scripted(ScriptedFilter("\(index)", journal, request: script))
            })
    }

    @Test("The rest goes on, and the answers merge in the order asked", arguments: MetadataRequest.validVersions)
    func parts(version: Int16) throws {
        let connections = try connections(refuse("b"))
        try connections.clientSends(metadata(["b", "a"]), version: version, id: 1)
        let got = try #require(try connections.brokerGot().first)
        #expect((try KafkaFrame.decodeRequest(got).body as? MetadataRequest)?.topics?.map(\.name) == ["a"])
        try connections.brokerAnswers(
            got,
            with(MetadataResponse()) {
                $0.topics = [with(MetadataResponse.MetadataResponseTopic()) { $0.name = "a" }]
            })
        let answer = try answer(connections, MetadataResponse.self, version: version)
        #expect(
            answer.topics.map { "\($0.name ?? "") \($0.errorCode)" } == ["b TOPIC_AUTHORIZATION_FAILED", "a NONE"])
    }

    @Test("A refused subject refuses the whole request")
    func subjects() throws {
        let connections = try connections(refuse("g"))
        try connections.clientSends(with(HeartbeatRequest()) { $0.groupID = "g" }, version: 4, id: 1)
        #expect(try answer(connections, HeartbeatResponse.self, version: 4).errorCode == .groupAuthorizationFailed)
        let commit = with(OffsetCommitRequest()) {
            $0.groupID = "g"
            $0.topics = [
                with(OffsetCommitRequest.OffsetCommitRequestTopic()) {
                    $0.name = "a"
                    $0.partitions = [OffsetCommitRequest.OffsetCommitRequestPartition()]
                }
            ]
        }
        try connections.clientSends(commit, version: 8, id: 2)
        let answer = try answer(connections, OffsetCommitResponse.self, version: 8)
        #expect(answer.topics.first?.partitions.map(\.errorCode) == [.groupAuthorizationFailed])
        #expect(try connections.brokerGot().isEmpty)
    }

    @Test("A request that names nothing, or nothing that is refused, goes on as it came")
    func nothing() throws {
        let connections = try connections(refuse("b"))
        for (id, message) in [
            ListGroupsRequest(), metadata(["a"]), with(HeartbeatRequest()) { $0.groupID = "g" },
        ].enumerated() as EnumeratedSequence<[any RequestMessage]> {
            let sent = try Connections.request(message, version: 3, id: Int32(id))
            try connections.clientSends(sent)
            let got = try #require(try connections.brokerGot().first)
            // All behind the correlation ID, which is the proxy's own.
            #expect(
                got.getBytes(at: got.readerIndex + 8, length: got.readableBytes - 8)
                    == sent.getBytes(at: sent.readerIndex + 12, length: sent.readableBytes - 12))
        }
        #expect(!connections.isClosed)
    }

    @Test("A filter that refuses in two steps answers both, also where nothing is left")
    func twoSteps() throws {
        for (names, forwarded, expected) in [
            (["c", "b", "a"], ["c"], ["c", "b!", "a!"]), (["b", "a"], [], ["b!", "a!"]),
        ] as [([String], [String], [String])] {
            let connections = try connections { request in
                guard case .forward = refuse("a")(request) else { return .close(reason: "first") }
                return refuse("b")(request)
            }
            let asked = with(DeleteTopicsRequest()) { $0.topicNames = names }
            try connections.clientSends(asked, version: 3, id: 1)
            for frame in try connections.brokerGot() {
                let got = try #require(try KafkaFrame.decodeRequest(frame).body as? DeleteTopicsRequest)
                #expect(got.topicNames == forwarded)
                try connections.brokerAnswers(
                    frame,
                    with(DeleteTopicsResponse()) {
                        $0.responses = got.topicNames.map { name in
                            with(DeleteTopicsResponse.DeletableTopicResult()) { $0.name = name }
                        }
                    })
            }
            let answer = try answer(connections, DeleteTopicsResponse.self, version: 3)
            #expect(answer.responses.map { ($0.name ?? "") + ($0.errorCode == .none ? "" : "!") } == expected)
        }
    }

    @Test("Answers by place find their places through several filters, renaming ones included")
    func places() throws {
        let rename: ScriptedFilter.RequestScript = { request in
            guard var body = try? request.frame.body(CreateAclsRequest.self) else { return .close(reason: "unread") }
            for index in body.creations.indices { body.creations[index].resourceName += ".real" }
            request.frame.setBody(body)
            return .forward
        }
        let connections = try connections(refuse("a"), rename, refuse("b.real"))
        try connections.clientSends(acls(["b", "c", "a", "c"]), version: 3, id: 1)
        let got = try #require(try connections.brokerGot().first)
        #expect(
            (try KafkaFrame.decodeRequest(got).body as? CreateAclsRequest)?.creations.map(\.resourceName)
                == ["c.real", "c.real"])
        try connections.brokerAnswers(
            got,
            with(CreateAclsResponse()) {
                $0.results = [
                    CreateAclsResponse.AclCreationResult(),
                    with(CreateAclsResponse.AclCreationResult()) { $0.errorCode = .invalidRequest },
                ]
            })
        let answer = try answer(connections, CreateAclsResponse.self, version: 3)
        #expect(answer.results.map(\.errorCode) == [denied.error, .none, denied.error, .invalidRequest])
    }

    @Test("A filter that has answered a part itself and then all of it leaves the parts of those before it alone")
    func answersAll() throws {
        let connections = try connections(refuse("a")) { request in
            guard let asked = try? request.frame.body(MetadataRequest.self) else { return .close(reason: "unread") }
            request.answerPart(MetadataResponse(), asked: asked)
            return .answer(Answer(asked.refusal(Refusal(.unknownTopicOrPartition), version: 9)))
        }
        try connections.clientSends(metadata(["b", "a"]), version: 9, id: 1)
        let answer = try answer(connections, MetadataResponse.self, version: 9)
        #expect(answer.topics.map(\.errorCode) == [.unknownTopicOrPartition, denied.error])
    }

    @Test("All of any request can be refused")
    func all() throws {
        let connections = try connections { request in
            (try? request.refuseAll(Refusal(.throttlingQuotaExceeded))) ?? .close(reason: "unreadable")
        }
        try connections.clientSends(acls(["a", "b"]), version: 2, id: 1)
        let answer = try answer(connections, CreateAclsResponse.self, version: 2)
        #expect(answer.results.map(\.errorCode) == [.throttlingQuotaExceeded, .throttlingQuotaExceeded])
        try connections.clientSends(ListGroupsRequest(), version: 4, id: 2)
        #expect(try self.answer(connections, ListGroupsResponse.self, version: 4).errorCode == .throttlingQuotaExceeded)
    }

    @Test("What is refused after a hold is refused as well")
    func held() throws {
        let waiting = Mutex<EventLoopPromise<RequestAction>?>(nil)
        let seen = Mutex<NIOLoopBound<FilteredRequest>?>(nil)
        let connections = try connections { request in
            let loop = request.record.connection.eventLoop
            let promise = loop.makePromise(of: RequestAction.self)
            waiting.withLock { $0 = promise }
            seen.withLock { $0 = NIOLoopBound(request, eventLoop: loop) }
            return .hold(promise.futureResult)
        }
        try connections.clientSends(metadata(["b", "a"]), version: 9, id: 1)
        #expect(try connections.brokerGot().isEmpty)
        let request = try #require(seen.withLock { $0 }).value
        waiting.withLock { $0 }?.succeed(refuse("b")(request))
        connections.loop.run()
        let got = try #require(try connections.brokerGot().first)
        #expect((try KafkaFrame.decodeRequest(got).body as? MetadataRequest)?.topics?.map(\.name) == ["a"])
    }

    @Test("A dry run refuses nothing")
    func dryRun() throws {
        let entry = FilterChain.Entry.scripted(ScriptedFilter("0", journal, request: refuse("a")), isDryRun: true)
        let connections = try Connections([entry])
        try connections.clientSends(metadata(["b", "a"]), version: 9, id: 1)
        let got = try #require(try connections.brokerGot().first)
        #expect((try KafkaFrame.decodeRequest(got).body as? MetadataRequest)?.topics?.map(\.name) == ["b", "a"])
    }

    @Test("What cannot be read is not judged, and what is not known neither")
    func unreadable() throws {
        let connections = try connections(refuse("a"))
        var frame = try Connections.request(metadata(["a"]), version: 9, id: 1)
        frame.setInteger(UInt8(99), at: frame.writerIndex - 7)
        try connections.clientSends(frame)
        #expect(connections.isClosed)
        let unknown = FilteredRequest(
            record: RequestRecord(
                apiKey: APIKey(rawValue: 999), apiVersion: 0, correlationID: 1, clientID: nil, requestBytes: 0,
                connection: connections.downstream.context),
            frame: FilteredFrame(
                frame: nil, apiKey: APIKey(rawValue: 999), apiVersion: 0, direction: .request, bodyOffset: 0))
        #expect(throws: WireError.self) { try unknown.refuseParts { _ in denied } }
        #expect(throws: WireError.self) { try unknown.refuseAll(denied) }
    }
}
