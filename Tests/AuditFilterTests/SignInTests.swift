import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings
import Testing

@testable import AuditFilter
@testable import ProxyRuntime

@Suite("Sign-ins in an audit")
struct SignInTests {
    private func send(_ token: String, to audited: Audited) throws {
        try audited.send(with(SaslHandshakeRequest()) { $0.mechanism = "PLAIN" }, version: 1)
        try audited.answer(with(SaslHandshakeResponse()) { $0.mechanisms = ["PLAIN"] })
        try audited.send(with(SaslAuthenticateRequest()) { $0.authBytes = ByteBuffer(string: token) }, version: 2)
    }

    @Test func `are recorded as the broker has decided`() throws {
        let audited = try Audited()
        try send("\0bob\0hunter2", to: audited)
        #expect(audited.sink.documents.isEmpty)
        try audited.answer(SaslAuthenticateResponse())
        let document = try audited.document()
        #expect(document["class"] == "authentication")
        #expect(document["operation"] == "sign_in")
        #expect(document["principal"] == "User:bob")
        #expect(document["result"] == "accepted")
        #expect(document["answered_by"] == "broker")
        #expect(document.details == "{\"mechanism\":\"PLAIN\"}")
        #expect(!document.text.contains("hunter2"))
    }

    @Test func `are recorded when they fail`() throws {
        let audited = try Audited()
        try send("\0bob\0wrong", to: audited)
        try audited.answer(with(SaslAuthenticateResponse()) { $0.errorCode = .saslAuthenticationFailed })
        let document = try audited.document()
        #expect(document["result"] == "refused")
        #expect(document["reason"] == "rejected")
        #expect(document["principal"] == "User:alice")
    }

    @Test func `are over before a request behind them is looked at`() throws {
        let audited = try Audited()
        try audited.send(with(SaslHandshakeRequest()) { $0.mechanism = "PLAIN" }, version: 1)
        let token = with(SaslAuthenticateRequest()) { $0.authBytes = ByteBuffer(string: "\0bob\0hunter2") }
        try audited.send(token, version: 2)
        try audited.send(creation("orders"), version: 7)
        try audited.answer(with(SaslHandshakeResponse()) { $0.mechanisms = ["PLAIN"] })
        try audited.answer(SaslAuthenticateResponse())
        try audited.answer(created([("orders", .none)]))
        #expect(try audited.documents.map { $0["api"] } == [nil, "CreateTopics"])
        #expect(try audited.documents.map { $0["principal"] } == ["User:bob", "User:bob"])
    }

    @Test func `are not recorded unless they are asked for`() throws {
        let audited = try Audited([.admin])
        try send("\0bob\0hunter2", to: audited)
        try audited.answer(SaslAuthenticateResponse())
        #expect(audited.sink.documents.isEmpty)
    }

    @Test func `name nobody where only the broker knows who it is, and so do the requests behind`() throws {
        let audited = try Audited()
        try audited.send(with(SaslHandshakeRequest()) { $0.mechanism = "GSSAPI" }, version: 1)
        try audited.answer(with(SaslHandshakeResponse()) { $0.mechanisms = ["GSSAPI"] })
        try audited.send(with(SaslAuthenticateRequest()) { $0.authBytes = ByteBuffer(string: "ticket") }, version: 2)
        try audited.answer(with(SaslAuthenticateResponse()) { $0.authBytes = ByteBuffer(string: "proof") })
        #expect(audited.sink.documents.isEmpty)
        try audited.send(creation("orders"), version: 7)
        try audited.answer(created([("orders", .none)]))
        #expect(try audited.documents.map { $0["operation"] } == ["sign_in", "create"])
        #expect(try audited.documents.map { $0["principal"] } == ["User:ANONYMOUS", "User:ANONYMOUS"])
        #expect(try audited.documents.first?["result"] == "accepted")
    }

    @Test func `by an unknown mechanism are recorded when they fail`() throws {
        let audited = try Audited()
        try audited.send(with(SaslHandshakeRequest()) { $0.mechanism = "GSSAPI" }, version: 1)
        try audited.answer(with(SaslHandshakeResponse()) { $0.mechanisms = ["GSSAPI"] })
        try audited.send(with(SaslAuthenticateRequest()) { $0.authBytes = ByteBuffer(string: "ticket") }, version: 2)
        try audited.answer(with(SaslAuthenticateResponse()) { $0.errorCode = .saslAuthenticationFailed })
        let document = try audited.document()
        #expect(document["result"] == "refused")
        #expect(document["principal"] == "User:alice")
    }
}
