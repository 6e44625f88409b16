import KafkaWire
import Testing

@testable import SASL

@Suite("Signing in, from both sides")
struct SignInTests {
    private static let now = Tokens.issuedAt + 1000
    private static let iterations = 4096
    private static let alice = CredentialTable([
        Array("alice".utf8): CredentialsFile.verifiers(password: Array("secret".utf8), iterations: iterations)
    ])

    private func authority(
        _ mechanisms: [SASLMechanism] = SASLMechanism.allCases, longestSession: Int64? = nil
    ) throws -> SASLAuthority {
        SASLAuthority(
            mechanisms: mechanisms, credentials: Self.alice,
            keys: try JSONWebKeySet(reading: Array(Tokens.keySet.utf8)),
            tokenRules: TokenRules(issuer: "https://issuer.example", audiences: ["kafka"]),
            longestSession: longestSession)
    }

    private func password(
        _ mechanism: SASLMechanism, _ password: String = "secret", user: String = "alice"
    ) -> SASLCredentials {
        .password(mechanism: mechanism, username: user, password: Array(password.utf8), isDelegationToken: false)
    }

    /// What came of an exchange between our two sides.
    private struct Result {
        var client: SASLClientExchange.Action?
        var identity: SASLIdentity?
        var failure: SASLFailure?
        var lifetime: Int64 = 0
        var passage = SASLPassage()
        var outcomes: [SASLPassage.Outcome] = []
    }

    /// Lets a client and a server talk, with an observer between them.
    private func converse(
        _ credentials: SASLCredentials, _ server: inout SASLTermination, _ authority: SASLAuthority,
        version: Int16 = 1, now: Int64 = SignInTests.now
    ) -> Result {
        var result = Result()
        var client = SASLClientExchange(credentials)
        var next = client.begin()
        while true {
            var action: SASLTermination.Action
            switch next {
            case .handshake(let mechanism):
                result.passage.handshake(mechanism: mechanism.rawValue)
                action = server.handshake(mechanism: mechanism.rawValue, version: version, authority: authority)
            case .token(let token):
                result.passage.sent(token)
                action = server.token(
                    token, isBare: version == 0, now: now, longestSession: authority.longestSession)
            case .stretch(let stretching):
                next = client.stretched(stretching.perform())
                continue
            case .done, .failed:
                result.client = next
                return result
            }
            if case .check(let check) = action {
                action = server.resume(check.perform(), now: now, longestSession: authority.longestSession)
            }
            let answer: SASLTermination.Answer
            switch action {
            case .answer(let given): answer = given
            case .signedIn(let identity, _, let given):
                result.identity = identity
                answer = given
            case .fail(let failure, _, let given):
                result.failure = failure
                answer = given
            case .check:
                Issue.record("a check after a check")
                return result
            }
            switch answer {
            case .handshake(let code, let mechanisms):
                result.passage.handshakeAnswered(errorCode: code.rawValue)
                next = client.handshakeAnswered(errorCode: code.rawValue, mechanisms: mechanisms)
            case .token(let code, let message, let token, let lifetime):
                result.outcomes.append(result.passage.answered(errorCode: code.rawValue, token: token))
                result.lifetime = lifetime
                next = client.tokenAnswered(
                    errorCode: code.rawValue, message: message, token: token, lifetime: lifetime)
            }
        }
    }

    @Test(
        "the right password signs in by each mechanism, and an observer between sees who it is",
        arguments: [SASLMechanism.plain, .scramSHA256, .scramSHA512], [Int16(0), 1])
    func rightPassword(mechanism: SASLMechanism, version: Int16) throws {
        var server = SASLTermination()
        let result = converse(password(mechanism), &server, try authority(), version: version)
        guard case .done(nil)? = result.client else {
            Issue.record("\(String(describing: result.client))")
            return
        }
        #expect(result.identity == SASLIdentity(name: "alice"))
        #expect(server.identity?.principal == "User:alice")
        #expect(result.outcomes.last == .accepted(name: "alice", mechanism: mechanism))
        #expect(result.outcomes.dropLast().allSatisfy { $0 == .pending })
        #expect(server.passage(isAPIVersions: false, now: 0) == .passes)
        #expect(!server.expectsBareToken)
    }

    @Test(
        "a wrong password and an unknown user look the same to the client",
        arguments: [SASLMechanism.plain, .scramSHA256, .scramSHA512])
    func wrongPassword(mechanism: SASLMechanism) throws {
        var messages: Set<String> = []
        for (user, guess) in [("alice", "guess"), ("bob", "secret")] {
            var server = SASLTermination()
            let result = converse(password(mechanism, guess, user: user), &server, try authority())
            guard case .failed(let failure)? = result.client else {
                Issue.record("\(user) has signed in")
                continue
            }
            messages.insert(failure.message)
            #expect(result.failure?.reason == .invalidCredentials)
            #expect(result.outcomes.last == .refused(mechanism: mechanism))
            #expect(server.identity == nil)
            #expect(server.passage(isAPIVersions: false, now: 0) == .signInFirst)
            #expect(!failure.message.contains(guess))
        }
        #expect(messages.count == 1)
    }

    @Test("a token signs in for as long as it holds")
    func token() throws {
        var server = SASLTermination()
        let result = converse(
            .token(Array(Tokens.es256.utf8), extensions: [("traceId", "7")]), &server, try authority())
        guard case .done(let lifetime?)? = result.client else {
            Issue.record("\(String(describing: result.client))")
            return
        }
        #expect(lifetime == Tokens.expiresAt - Self.now)
        #expect(result.outcomes == [.accepted(name: "alice", mechanism: .oauthBearer)])
        #expect(server.passage(isAPIVersions: false, now: Tokens.expiresAt - 1) == .passes)
        #expect(server.passage(isAPIVersions: false, now: Tokens.expiresAt) == .expired)
    }

    @Test("a token that does not hold is refused with a reason, then with an error")
    func badToken() throws {
        var server = SASLTermination()
        let result = converse(
            .token(Array(Tokens.es256.utf8), extensions: []), &server, try authority(), now: Tokens.expiresAt + 60_000)
        guard case .failed(let failure)? = result.client else {
            Issue.record("\(String(describing: result.client))")
            return
        }
        #expect(failure.message == #"the broker refuses the token: {"status":"invalid_token"}"#)
        #expect(result.failure == SASLFailure(.invalidToken, "the token has expired"))
        #expect(result.outcomes == [.pending, .refused(mechanism: .oauthBearer)])
    }

    @Test("a session lasts no longer than the listener allows")
    func longestSession() throws {
        var server = SASLTermination()
        let result = converse(password(.plain), &server, try authority(longestSession: 60_000))
        #expect(result.lifetime == 60_000)
        #expect(server.passage(isAPIVersions: false, now: Self.now + 59_999) == .passes)
        #expect(server.passage(isAPIVersions: false, now: Self.now + 60_000) == .expired)
    }

    @Test("a client signs in anew as itself, which makes its session longer, and as nobody else")
    func reauthentication() throws {
        let table = CredentialTable([
            Array("alice".utf8): CredentialsFile.verifiers(password: Array("secret".utf8), iterations: 4096),
            Array("bob".utf8): CredentialsFile.verifiers(password: Array("secret".utf8), iterations: 4096),
        ])
        var authority = try authority(longestSession: 60_000)
        authority.credentials = table
        var server = SASLTermination()
        _ = converse(password(.scramSHA256), &server, authority)
        let later = Self.now + 70_000
        #expect(server.passage(isAPIVersions: false, now: later) == .expired)
        let again = converse(password(.scramSHA256), &server, authority, now: later)
        #expect(again.identity?.name == "alice")
        #expect(server.passage(isAPIVersions: false, now: later) == .passes)
        #expect(converse(password(.scramSHA512), &server, authority).failure?.reason == .unsupportedMechanism)
        let other = converse(password(.scramSHA256, user: "bob"), &server, authority)
        #expect(other.failure?.message == "the client signs in anew as another user")
        #expect(server.identity?.name == "alice")
    }

    @Test("before sign-in only ApiVersions passes, and during it nothing")
    func gate() throws {
        var server = SASLTermination()
        #expect(server.passage(isAPIVersions: true, now: 0) == .passes)
        #expect(server.passage(isAPIVersions: false, now: 0) == .signInFirst)
        _ = server.handshake(mechanism: "PLAIN", version: 1, authority: try authority())
        #expect(server.passage(isAPIVersions: true, now: 0) == .signInFirst)
        #expect(server.passage(isAPIVersions: false, now: 0) == .signInFirst)
    }

    @Test("a mechanism that is not offered is refused with the list of those that are")
    func unsupported() throws {
        for name in ["GSSAPI", "plain", "", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512"] {
            var server = SASLTermination()
            let action = server.handshake(
                mechanism: name, version: 1, authority: try authority([.plain, .scramSHA256]))
            guard case .fail(_, nil, let answer) = action else {
                Issue.record("\(name) was taken")
                continue
            }
            #expect(answer == .handshake(.unsupportedSASLMechanism, mechanisms: ["PLAIN", "SCRAM-SHA-256"]))
        }
    }

    @Test("steps out of turn end the exchange")
    func outOfTurn() throws {
        let authority = try authority()
        var server = SASLTermination()
        guard
            case .fail(_, _, .token(.illegalSASLState, _, _, _)) = server.token(
                [0], isBare: false, now: 0, longestSession: nil)
        else {
            Issue.record("a token without a handshake was taken")
            return
        }
        _ = server.handshake(mechanism: "PLAIN", version: 1, authority: authority)
        guard
            case .fail(_, _, .handshake(.illegalSASLState, _)) = server.handshake(
                mechanism: "PLAIN", version: 1, authority: authority)
        else {
            Issue.record("a second handshake was taken")
            return
        }
        for (version, isBare) in [(Int16(0), false), (1, true)] {
            var server = SASLTermination()
            _ = server.handshake(mechanism: "PLAIN", version: version, authority: authority)
            guard case .fail = server.token([0], isBare: isBare, now: 0, longestSession: nil) else {
                Issue.record("a token of the other kind was taken")
                continue
            }
        }
    }

    @Test("a client signs in neither by a broker without the mechanism nor by one that answers out of turn")
    func clientOutOfTurn() {
        var client = SASLClientExchange(password(.scramSHA256))
        _ = client.begin()
        guard case .failed(let failure) = client.handshakeAnswered(errorCode: 33, mechanisms: ["PLAIN"]) else {
            Issue.record("it goes on")
            return
        }
        #expect(failure.reason == .unsupportedMechanism)
        #expect(failure.message.hasSuffix("it offers PLAIN"))
        var second = SASLClientExchange(password(.plain))
        _ = second.begin()
        guard case .failed = second.tokenAnswered(errorCode: 0, message: nil, token: [], lifetime: 0) else {
            Issue.record("an answer to nothing was taken")
            return
        }
    }

    @Test(
        "a PLAIN message that is not one is refused",
        arguments: [
            [], [0], [0, 0], Array("\0alice".utf8), Array("alice\0secret".utf8), Array("\0alice\0".utf8),
            Array("\0\0secret".utf8), Array("\0alice\0sec\0ret".utf8), Array("bob\0alice\0secret".utf8),
            Array("\0\u{C3}".utf8) + [0xC3, 0] + [65], [0, 65, 0, 0xFF],
            [0] + [UInt8](repeating: 65, count: 2000) + [0, 65], [0, 65, 0] + [UInt8](repeating: 65, count: 9000),
        ] as [[UInt8]])
    func malformedPlain(message: [UInt8]) {
        #expect(throws: SASLFailure.self) { try PlainMessage(reading: message) }
    }

    @Test(
        "an OAUTHBEARER message that is not one is refused",
        arguments: [
            "", "\u{1}", "n,,", "n,,\u{1}\u{1}", "n,,\u{1}auth=Bearer x\u{1}", "n,,\u{1}auth=Basic x\u{1}\u{1}",
            "n,,\u{1}auth=Bearer \u{1}\u{1}", "y,,\u{1}auth=Bearer x\u{1}\u{1}", "n,\u{1}auth=Bearer x\u{1}\u{1}",
            "n,,\u{1}auth=Bearer x\u{1}auth=Bearer y\u{1}\u{1}", "n,,\u{1}host\u{1}\u{1}",
            "n,x=y,\u{1}auth=Bearer x\u{1}\u{1}",
            "n,,\u{1}=v\u{1}auth=Bearer x\u{1}\u{1}",
        ])
    func malformedBearer(message: String) {
        #expect(throws: SASLFailure.self) { try OAuthBearerMessage(reading: Array(message.utf8)) }
    }

    @Test("an OAUTHBEARER message keeps token, user and extensions")
    func bearer() throws {
        let text = "n,a=al=2Cice,\u{1}host=h\u{1}auth=bearer  abc.def\u{1}port=9092\u{1}\u{1}"
        let message = try OAuthBearerMessage(reading: Array(text.utf8))
        #expect(message.token == Array("abc.def".utf8))
        #expect(message.authorizationID == "al,ice")
        #expect(message.extensions.map(\.name) == ["host", "port"])
    }

    @Test("acting for another user than the token's is refused")
    func bearerForAnother() throws {
        var server = SASLTermination()
        _ = server.handshake(mechanism: "OAUTHBEARER", version: 1, authority: try authority())
        let message = Array("n,a=bob,\u{1}auth=Bearer \(Tokens.rs256)\u{1}\u{1}".utf8)
        guard case .check(let check) = server.token(message, isBare: false, now: Self.now, longestSession: nil) else {
            Issue.record("it was not checked")
            return
        }
        #expect(check.perform() == .rejected(SASLFailure(.invalidToken, "acting for another user is not allowed")))
    }

    @Test("an observer believes the broker alone")
    func passageBelievesTheBroker() {
        var passage = SASLPassage()
        passage.handshake(mechanism: "PLAIN")
        passage.sent(Array("\0alice\0secret".utf8))
        #expect(passage.answered(errorCode: 0, token: []) == .pending, "the mechanism was not agreed on")
        passage.handshake(mechanism: "PLAIN")
        passage.handshakeAnswered(errorCode: 0)
        passage.sent(Array("\0alice\0secret".utf8))
        passage.sent(Array("\0bob\0secret".utf8))
        #expect(passage.answered(errorCode: 0, token: []) == .pending, "it cannot be told whose the yes is")
        passage.handshake(mechanism: "SCRAM-SHA-256")
        passage.handshakeAnswered(errorCode: 0)
        passage.sent(Array("n,,n=alice,r=abc".utf8))
        #expect(passage.answered(errorCode: 0, token: Array("r=abcd,s=c2FsdA==,i=4096".utf8)) == .pending)
        passage.sent(Array("c=biws,r=abcd,p=AAAA".utf8))
        #expect(
            passage.answered(errorCode: 0, token: Array("e=invalid-proof".utf8)) == .refused(mechanism: .scramSHA256))
    }

    @Test("an observer does not name the owner of a delegation token")
    func passageOfDelegationToken() {
        var passage = SASLPassage()
        passage.handshake(mechanism: "SCRAM-SHA-256")
        passage.handshakeAnswered(errorCode: 0)
        passage.sent(Array("n,,n=llyQf656QeC2nsIwWpvvNw,r=d96ffusrvg0t0xxy0kplqe3sl,tokenauth=true".utf8))
        _ = passage.answered(errorCode: 0, token: Array("r=x".utf8))
        passage.sent(Array("c=biws".utf8))
        #expect(
            passage.answered(errorCode: 0, token: Array("v=AAAA".utf8))
                == .accepted(name: nil, mechanism: .scramSHA256))
    }

    /// What an observer says to answers of the broker in a mechanism that it does not know.
    private func foreign(_ answers: [(code: Int16, token: String)]) -> (SASLPassage, [SASLPassage.Outcome]) {
        var passage = SASLPassage()
        passage.handshake(mechanism: "GSSAPI")
        passage.handshakeAnswered(errorCode: 0)
        var outcomes: [SASLPassage.Outcome] = []
        for answer in answers {
            passage.sent([0x60])
            outcomes.append(passage.answered(errorCode: answer.code, token: Array(answer.token.utf8)))
        }
        return (passage, outcomes)
    }

    @Test("an observer sees that an unknown mechanism is over, and names nobody")
    func passageOfForeignMechanism() {
        var (passage, outcomes) = foreign([(0, "challenge"), (0, "layers"), (0, "")])
        #expect(outcomes == [.pending, .pending, .accepted(name: nil, mechanism: nil)])
        #expect(passage.requested() == .pending, "once is enough")
    }

    @Test("an observer sees that an unknown mechanism is refused")
    func refusedForeignMechanism() {
        var (passage, outcomes) = foreign([(0, "challenge"), (58, "")])
        #expect(outcomes == [.pending, .refused(mechanism: nil)])
        #expect(passage.requested() == .pending)
        #expect(foreign([(58, "")]).1 == [.refused(mechanism: nil)])
    }

    @Test("an unknown mechanism whose last answer says something is over with the first request")
    func foreignMechanismWithLastWords() {
        var (passage, outcomes) = foreign([(0, "{\"version\":\"2020_10_22\"}")])
        #expect(outcomes == [.pending])
        #expect(passage.isOpen)
        #expect(passage.requested() == .accepted(name: nil, mechanism: nil))
        #expect(!passage.isOpen)
        #expect(passage.requested() == .pending)
    }

    @Test("a request behind a known mechanism, or before any answer, says nothing")
    func requestsElsewhere() {
        var passage = SASLPassage()
        #expect(passage.requested() == .pending)
        passage.handshake(mechanism: "GSSAPI")
        passage.handshakeAnswered(errorCode: 0)
        #expect(passage.requested() == .pending)
        passage.handshake(mechanism: "PLAIN")
        passage.handshakeAnswered(errorCode: 0)
        passage.sent(Array("\0alice\0secret".utf8))
        #expect(passage.requested() == .pending)
    }
}
