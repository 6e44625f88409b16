import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import SASL
import Settings
import SluiceConfiguration
import Testing
import WebClient

@testable import ProxyRuntime

@Suite("Signing in, on a connection")
struct SignInGateTests {
    private static func service(
        _ mechanisms: [SASLMechanism] = [.scramSHA256], session: Duration? = nil
    ) throws -> ListenerSignIn {
        let verifiers = CredentialsFile.verifiers(password: Array("secret".utf8), iterations: 4096)
        let file = try TemporaryFile.make(CredentialsFile.line("alice", verifiers))
        defer { TemporaryFile.remove(file) }
        return try ListenerSignIn(
            SASLTerminationConfiguration(
                mechanisms: mechanisms, credentialsFile: file, maxSession: session,
                delays: FailureDelays.Settings(first: .milliseconds(100), longest: .seconds(1))),
            listener: "apps", group: SignInGroup.shared, logger: SignInGroup.logger)
    }

    private func terminating(_ session: Duration? = nil) throws -> Connections {
        var settings = Connections.Settings()
        settings.signIn = .terminates(try Self.service(session: session))
        return try Connections(settings: settings)
    }

    private func handshake(_ mechanism: String) -> SaslHandshakeRequest {
        var request = SaslHandshakeRequest()
        request.mechanism = mechanism
        return request
    }

    private func authenticate(_ token: [UInt8]) -> SaslAuthenticateRequest {
        var request = SaslAuthenticateRequest()
        request.authBytes = ByteBuffer(bytes: token)
        return request
    }

    private func handshakeAnswer(_ frame: ByteBuffer?) throws -> SaslHandshakeResponse {
        guard let frame else { throw AskError.closed }
        var reader = WireReader(frame)
        try reader.skip(4)
        return try SaslHandshakeResponse.decode(from: &reader, version: 1)
    }

    private func tokenAnswer(_ frame: ByteBuffer?) throws -> SaslAuthenticateResponse {
        guard let frame else { throw AskError.closed }
        var reader = WireReader(frame)
        try reader.skip(5)
        return try SaslAuthenticateResponse.decode(from: &reader, version: 2)
    }

    /// Signs alice in by SCRAM, whose checks are fast enough to happen at once.
    private func signIn(_ connections: Connections, password: String = "secret") throws -> SaslAuthenticateResponse? {
        try connections.clientSends(handshake("SCRAM-SHA-256"), version: 1, id: 1)
        var client = ScramClient(hash: .sha256, username: "alice", password: Array(password.utf8))
        try connections.clientSends(authenticate(client.begin()), version: 2, id: 2)
        let answers = try connections.clientGot()
        guard answers.count == 2 else { return nil }
        let first = try tokenAnswer(answers[1])
        let stretching = try client.receiveFirst(Array(first.authBytes.readableBytesView))
        let proof = try client.finalMessage(stretched: stretching.perform())
        try connections.clientSends(authenticate(proof), version: 2, id: 3)
        let got = try connections.clientGot()
        return got.isEmpty ? nil : try tokenAnswer(got[0])
    }

    @Test("a client that has signed in is known, and its requests pass")
    func signsIn() throws {
        let connections = try terminating()
        let before = connections.downstream.context.identityVersion
        let last = try signIn(connections)
        #expect(last?.errorCode == ErrorCode.none)
        #expect(connections.downstream.context.principal == "User:alice")
        #expect(connections.downstream.context.identityVersion > before, "filters are planned anew")
        try connections.clientSends(ListOffsetsRequest(), version: 5, id: 4)
        #expect(try connections.brokerGot().count == 1)
    }

    @Test("nothing of a sign-in reaches the broker")
    func staysHere() throws {
        let connections = try terminating()
        _ = try signIn(connections)
        #expect(try connections.brokerGot().isEmpty)
    }

    @Test("a request before its time closes the connection, and never reaches the broker", arguments: [false, true])
    func beforeItsTime(isInTheMiddle: Bool) throws {
        let connections = try terminating()
        if isInTheMiddle { try connections.clientSends(handshake("SCRAM-SHA-256"), version: 1, id: 1) }
        try connections.clientSends(ListOffsetsRequest(), version: 5, id: 4)
        #expect(connections.isClosed)
        #expect(try connections.brokerGot().isEmpty)
    }

    @Test("the answer to a wrong password is held back, and ends the connection")
    func wrongPassword() throws {
        let connections = try terminating()
        let early = try signIn(connections, password: "guess")
        #expect(early == nil, "not yet")
        #expect(!connections.isClosed)
        connections.loop.advanceTime(by: .milliseconds(99))
        #expect(try connections.clientGot().isEmpty)
        connections.loop.advanceTime(by: .milliseconds(1))
        let got = try connections.clientGot()
        let last = try tokenAnswer(got.first)
        #expect(last.errorCode == .saslAuthenticationFailed)
        #expect(connections.isClosed)
        #expect(connections.downstream.context.principal == "User:ANONYMOUS")
    }

    @Test("where Sluice signs in for clients, none signs in itself")
    func refuses() throws {
        var settings = Connections.Settings()
        settings.signIn = .refuses
        let connections = try Connections(settings: settings)
        try connections.clientSends(handshake("PLAIN"), version: 1, id: 1)
        let answers = try connections.clientGot()
        let last = try handshakeAnswer(answers.first)
        #expect(last.errorCode == ErrorCode.illegalSASLState)
        #expect(try connections.brokerGot().isEmpty)
        try connections.clientSends(ListOffsetsRequest(), version: 5, id: 2)
        #expect(try connections.brokerGot().count == 1)
    }

    @Test("the broker's list of APIs gets those that Sluice serves itself, and only there", arguments: [false, true])
    func apiVersions(terminates: Bool) throws {
        let connections = terminates ? try terminating() : try Connections()
        try connections.clientSends(ApiVersionsRequest(), version: 3, id: 1)
        var offered = ApiVersionsResponse()
        offered.apiKeys = [.init()]
        let asked = try connections.brokerGot()
        try connections.brokerAnswers(asked[0], offered)
        let got = try connections.clientGot()
        let bytes = got[0]
        var reader = WireReader(bytes)
        try reader.skip(4)
        let answer = try ApiVersionsResponse.decode(from: &reader, version: 3)
        let keys: [Int16] = answer.apiKeys.map { $0.apiKey }
        let areThere = keys.contains(17) && keys.contains(36)
        #expect(areThere == terminates)
    }

    @Test("addresses of one IPv6 network count as one")
    func networks() {
        #expect(ListenerSignIn.key("10.0.0.1") == "10.0.0.1")
        #expect(ListenerSignIn.key("2001:db8::1") == ListenerSignIn.key("2001:db8::ffff:1"))
        #expect(ListenerSignIn.key("2001:db8::1") != ListenerSignIn.key("2001:db8:0:1::1"))
    }

    @Test("sessions are renewed at 85 to 95 % of their time")
    func renewal() {
        #expect(SessionRenewal.delay(lifetime: 1000, random: 0) == .milliseconds(850))
        #expect(SessionRenewal.delay(lifetime: 1000, random: 1) == .milliseconds(950))
        #expect(SessionRenewal.delay(lifetime: .max, random: 1) > .hours(24))
    }

    @Test("forms are written as RFC 6749 wants them")
    func forms() {
        #expect(FormText.encode("a b&c=d~é\u{1}") == "a%20b%26c%3Dd~%C3%A9%01")
    }
}
