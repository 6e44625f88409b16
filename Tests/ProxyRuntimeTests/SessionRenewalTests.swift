import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import NIOPosix
import SASL
import Settings
import SluiceConfiguration
import Testing

@testable import ProxyRuntime

@Suite("Signing in to a broker, on a connection")
struct SessionRenewalTests {
    /// A connection whose cluster is signed in to by PLAIN, with a password from the environment.
    private func signedIn() throws -> Connections {
        let signIn = try ClusterSignIn(
            ClusterSASLConfiguration(
                .password(.plain, username: "sluice", password: .variable("PATH"), isDelegationToken: false)),
            cluster: "main", group: SignInGroup.shared, logger: SignInGroup.logger)
        var settings = Connections.Settings()
        settings.clusterSignIn = signIn
        let connections = try Connections(settings: settings)
        guard let upstream = connections.downstream.upstream else { throw AskError.closed }
        let outcome: EventLoopFuture<Void> = upstream.signIn(signIn)
        try answer(connections, lifetime: 10_000)
        try outcome.wait()
        return connections
    }

    private func accepted(_ frames: [ByteBuffer], _ connections: Connections) throws -> [Int16] {
        frames.compactMap { $0.getInteger(at: $0.readerIndex, as: Int16.self) }
    }

    /// The broker takes a sign-in.
    private func answer(_ connections: Connections, lifetime: Int64, error: ErrorCode = .none) throws {
        let handshake = try #require(try connections.brokerGot().first)
        #expect(try accepted([handshake], connections) == [17])
        try connections.brokerAnswers(handshake, SaslHandshakeResponse())
        let token = try #require(try connections.brokerGot().first)
        #expect(try accepted([token], connections) == [36])
        var response = SaslAuthenticateResponse()
        response.errorCode = error
        response.sessionLifetimeMs = lifetime
        try connections.brokerAnswers(token, response)
    }

    @Test("requests wait while a session is renewed, and go on behind it")
    func waiting() throws {
        let connections = try signedIn()
        connections.loop.advanceTime(by: .milliseconds(8499))
        #expect(try connections.brokerGot().isEmpty)
        connections.loop.advanceTime(by: .milliseconds(1100))
        let handshake = try #require(try connections.brokerGot().first)
        try connections.clientSends(ListOffsetsRequest(), version: 5, id: 7)
        #expect(try connections.brokerGot().isEmpty, "a broker takes nothing else meanwhile")
        try connections.brokerAnswers(handshake, SaslHandshakeResponse())
        let token = try #require(try connections.brokerGot().first)
        try connections.clientSends(ListOffsetsRequest(), version: 5, id: 8)
        #expect(try connections.brokerGot().isEmpty)
        try connections.brokerAnswers(token, SaslAuthenticateResponse())
        let requests = try connections.brokerGot()
        #expect(try accepted(requests, connections) == [2, 2])
        for request in requests { try connections.brokerAnswers(request, ListOffsetsResponse()) }
        #expect(try connections.clientGotIDs() == [7, 8])
    }

    @Test("answers to requests that were sent before come through while a session is renewed")
    func inFlight() throws {
        let connections = try signedIn()
        try connections.clientSends(ListOffsetsRequest(), version: 5, id: 7)
        let request = try #require(try connections.brokerGot().first)
        connections.loop.advanceTime(by: .milliseconds(9600))
        #expect(try accepted(connections.brokerGot(), connections) == [17])
        try connections.brokerAnswers(request, ListOffsetsResponse())
        #expect(try connections.clientGotIDs() == [7])
    }

    @Test("a renewal waits for the end of a request that is on its way")
    func midRequest() throws {
        let connections = try signedIn()
        var head = try Connections.request(ListOffsetsRequest(), version: 5, id: 7)
        guard let beginning = head.readSlice(length: 26) else { throw AskError.closed }
        try connections.clientSends(beginning)
        connections.loop.advanceTime(by: .milliseconds(9600))
        #expect(try connections.brokerGot().isEmpty)
        try connections.clientSends(head)
        #expect(try accepted(connections.brokerGot(), connections) == [2, 17])
    }

    @Test("a renewal that the broker refuses ends the connection")
    func refusal() throws {
        let connections = try signedIn()
        connections.loop.advanceTime(by: .milliseconds(9600))
        try answer(connections, lifetime: 0, error: .saslAuthenticationFailed)
        #expect(connections.isClosed)
    }

    @Test("a renewal that the broker does not answer ends the connection")
    func silence() throws {
        let connections = try signedIn()
        connections.loop.advanceTime(by: .milliseconds(9600))
        #expect(!connections.isClosed)
        connections.loop.advanceTime(by: .seconds(5))
        #expect(connections.isClosed)
    }

    @Test("questions of filters wait as well")
    func questions() throws {
        let connections = try signedIn()
        connections.loop.advanceTime(by: .milliseconds(9600))
        let handshake = try #require(try connections.brokerGot().first)
        _ = connections.downstream.context.ask(MetadataRequest(), version: 4)
        #expect(try connections.brokerGot().isEmpty)
        try connections.brokerAnswers(handshake, SaslHandshakeResponse())
        let token = try #require(try connections.brokerGot().first)
        try connections.brokerAnswers(token, SaslAuthenticateResponse())
        #expect(try accepted(connections.brokerGot(), connections) == [3])
    }
}
