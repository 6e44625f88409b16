import Testing

@testable import SASL

/// An exchange that somebody else has recorded.
struct RecordedScram: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let hash: Hash
    let username: String
    let password: String
    let clientNonce: String
    let serverNonce: String
    let salt: String
    let clientFinal: String
    let serverFinal: String

    var table: CredentialTable {
        get throws {
            let salt = try #require(Base64.decode(salt.utf8))
            let verifier = ScramVerifier(hash: hash, password: Array(password.utf8), salt: salt, iterations: 4096)
            return CredentialTable([Array(username.utf8): [verifier]])
        }
    }

    var clientFirst: String { "n,,n=\(username),r=\(clientNonce)" }
    var serverFirst: String { "r=\(clientNonce)\(serverNonce),s=\(salt),i=4096" }

    static let all = [
        RecordedScram(
            testDescription: "RFC 7677", hash: .sha256, username: "user", password: "pencil",
            clientNonce: "rOprNGfwEbeRWgbNEkqO", serverNonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
            clientFinal: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
        RecordedScram(
            testDescription: "a Java client and a 3.9 broker", hash: .sha256, username: "alice", password: "secret",
            clientNonce: "wg043bgo9f2ugovulxg1wv5ue", serverNonce: "1lbnwnierbl5g700swlxay7ir9",
            salt: "Nm9kaXZkbzY4bmJ3Nzl0dGh2a2FucGhyMA==",
            clientFinal: "c=biws,r=wg043bgo9f2ugovulxg1wv5ue1lbnwnierbl5g700swlxay7ir9,"
                + "p=rvr5Ww1CF7OXjLrfbbeCAe+r1acowTQt0+NUxjBdpZM=",
            serverFinal: "v=dKTJ/2llGE5mPlGWjHxnrZceJfI62Gj8A54kOtAYMDQ="),
        RecordedScram(
            testDescription: "librdkafka and a 4.3 broker", hash: .sha512, username: "alice", password: "secret",
            clientNonce: #"e5\t1p~YQ<wt=8q-Gz1HHWr1ieFKO/>o"#, serverNonce: "18se30r58chlbm5snv0b10xjyg",
            salt: "MTF3ZWc0MmZzN3lnZWRmMXNraWI5eDdtdDg=",
            clientFinal: #"c=biws,r=e5\t1p~YQ<wt=8q-Gz1HHWr1ieFKO/>o18se30r58chlbm5snv0b10xjyg,"#
                + "p=eG1d9qmqC54IDon9QvO5BZuEXsR1LZrPetrU3U3VQkMKsCzWpE2sC1Niz41R1FgEdW03p/4PAauXekiPxkhecA==",
            serverFinal:
                "v=RnihottWjchNnY0Mje/wEmphwBLObe3sEb/s4IEnad5EnxNjAGa4yILOeWQMtZu1Y5fyXX4e0tIEajGMRHpM4Q=="),
    ]
}

@Suite("SCRAM")
struct ScramTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func server(_ recorded: RecordedScram) -> ScramServer {
        ScramServer(hash: recorded.hash, nonce: Array(recorded.serverNonce.utf8))
    }

    private func client(_ recorded: RecordedScram, password: String? = nil) -> ScramClient {
        ScramClient(
            hash: recorded.hash, username: recorded.username, password: Array((password ?? recorded.password).utf8),
            nonce: Array(recorded.clientNonce.utf8))
    }

    @Test("a client says, byte for byte, what the recorded one said", arguments: RecordedScram.all)
    func clientAgrees(recorded: RecordedScram) throws {
        var client = client(recorded)
        #expect(text(client.begin()) == recorded.clientFirst)
        let stretching = try client.receiveFirst(Array(recorded.serverFirst.utf8))
        #expect(text(try client.finalMessage(stretched: stretching.perform())) == recorded.clientFinal)
        try client.receiveFinal(Array(recorded.serverFinal.utf8))
    }

    @Test("a server says, byte for byte, what the recorded one said", arguments: RecordedScram.all)
    func serverAgrees(recorded: RecordedScram) throws {
        var server = server(recorded)
        let first = try server.receiveFirst(Array(recorded.clientFirst.utf8), credentials: recorded.table)
        #expect(text(first) == recorded.serverFirst)
        let (username, answer) = try server.receiveFinal(Array(recorded.clientFinal.utf8))
        #expect(username == recorded.username)
        #expect(text(answer) == recorded.serverFinal)
    }

    @Test("a wrong password is refused", arguments: RecordedScram.all)
    func wrongPassword(recorded: RecordedScram) throws {
        var client = client(recorded, password: "guessed")
        var server = server(recorded)
        let first = try server.receiveFirst(client.begin(), credentials: recorded.table)
        let stretching = try client.receiveFirst(first)
        let proof = try client.finalMessage(stretched: stretching.perform())
        #expect(throws: SASLFailure(.invalidCredentials, "no such user, or another password")) {
            try server.receiveFinal(proof)
        }
    }

    @Test("the exchange of a wrong password that a broker has refused is refused here too")
    func recordedRefusal() throws {
        let salt = try #require(Base64.decode("NTJ5bXhkaWNhMHFsdjNvcTYyZmRyaWpuMw==".utf8))
        let verifier = ScramVerifier(hash: .sha512, password: Array("secret".utf8), salt: salt, iterations: 4096)
        let table = CredentialTable([Array("alice".utf8): [verifier]])
        var server = ScramServer(hash: .sha512, nonce: Array("yctuqxcauhmsxylpbaf0lhnr8".utf8))
        _ = try server.receiveFirst(Array("n,,n=alice,r=rtfdjqys4kp1c46fe0ifvqro9".utf8), credentials: table)
        let final =
            "c=biws,r=rtfdjqys4kp1c46fe0ifvqro9yctuqxcauhmsxylpbaf0lhnr8,p=WnaJ3xrOb7XQG2HXxN4POWDSoO4tFTp2mCqkXZrPw6ao"
            + "wNWJDQDADi34VHhUT4u/8F91obrHxVokLk8w02AFFg=="
        #expect(throws: SASLFailure.self) { try server.receiveFinal(Array(final.utf8)) }
    }

    @Test("a user that there is not gets the same salt each time, and is refused at the end alone")
    func unknownUser() throws {
        let recorded = RecordedScram.all[1]
        var answers: Set<String> = []
        for nonce in ["one", "two"] {
            var client = ScramClient(
                hash: .sha256, username: "mallory", password: Array("secret".utf8), nonce: Array("c".utf8))
            var server = ScramServer(hash: .sha256, nonce: Array(nonce.utf8))
            let first = try server.receiveFirst(client.begin(), credentials: recorded.table)
            answers.insert(text(first).replacing(nonce, with: ""))
            let stretching = try client.receiveFirst(first)
            let proof = try client.finalMessage(stretched: stretching.perform())
            #expect(throws: SASLFailure(.invalidCredentials, "no such user, or another password")) {
                try server.receiveFinal(proof)
            }
        }
        #expect(answers.count == 1)
        let salt = try #require(answers.first?.split(separator: ",").first { $0.hasPrefix("s=") })
        #expect(salt.count - 2 == recorded.salt.count, "as long as the salt of a user that there is")
        #expect(answers.first?.hasSuffix("i=4096") == true)
    }

    @Test("a delegation token's ID is never taken for a user")
    func delegationTokenIsNoUser() throws {
        let recorded = RecordedScram.all[1]
        var client = ScramClient(
            hash: .sha256, username: "alice", password: Array("secret".utf8), isDelegationToken: true)
        let begin = client.begin()
        #expect(text(begin).hasSuffix(",tokenauth=true"))
        var server = ScramServer(hash: .sha256)
        let first = try server.receiveFirst(begin, credentials: recorded.table)
        let stretching = try client.receiveFirst(first)
        let proof = try client.finalMessage(stretched: stretching.perform())
        #expect(throws: SASLFailure.self) { try server.receiveFinal(proof) }
    }

    @Test(
        "a name with commas and equals signs arrives as it is",
        arguments: ["a,b=c", "=2C", "Straße", "e\u{301}", "user name"])
    func names(name: String) throws {
        let written = ScramClientFirst(username: name, nonce: Array("n".utf8), isDelegationToken: false)
        let read = try ScramClientFirst(reading: written.bytes)
        #expect(Array(read.username.utf8) == Array(name.utf8))
    }

    @Test("two spellings of one character are two users")
    func spellings() throws {
        let verifier = ScramVerifier(
            hash: .sha256, password: Array("x".utf8), salt: Array("salt".utf8), iterations: 4096)
        let table = CredentialTable([Array("\u{e9}".utf8): [verifier]])
        #expect(table.verifier(of: "\u{e9}", hash: .sha256) != nil)
        #expect(table.verifier(of: "e\u{301}", hash: .sha256) == nil)
    }

    @Test(
        "a first message that is not one is refused",
        arguments: [
            "", "n", "n,", "n,,", "n,,n=alice", "n,,r=abc", "n,,n=,r=abc", "n,,n=alice,r=", "x,,n=alice,r=abc",
            "n,b=x,n=alice,r=abc", "p=tls-unique,,n=alice,r=abc", "n,,m=ext,n=alice,r=abc", "n,,n=al=ice,r=abc",
            "n,,n=alice,r=a\u{7f}", "n,,n=al\0ice,r=abc", "n,,n=alice,r=ab c", "n,,r=abc,n=alice", "n,,n=alice,r=abc,",
            "ny,,n=alice,r=abc", "n,,n=alice=2,r=abc", "n,,n=alice,r=abc,=", "n,,n=alice,,r=abc",
        ])
    func malformedFirst(message: String) {
        #expect(throws: SASLFailure.self) { try ScramClientFirst(reading: Array(message.utf8)) }
    }

    @Test("a first message of bytes that are not text, or too long, is refused")
    func hostileFirst() {
        #expect(throws: SASLFailure.self) { try ScramClientFirst(reading: Array("n,,n=".utf8) + [0xC3, 0x28]) }
        let long = String(repeating: "a", count: 100_000)
        #expect(throws: SASLFailure.self) { try ScramClientFirst(reading: Array("n,,n=\(long),r=abc".utf8)) }
        #expect(throws: SASLFailure.self) { try ScramClientFirst(reading: Array("n,,n=alice,r=\(long)".utf8)) }
    }

    @Test(
        "a broker's first message that cannot be trusted is refused",
        arguments: [
            "", "r=abc", "r=abcX,s=c2FsdA==", "r=abcX,s=c2FsdA==,i=4095", "r=abcX,s=c2FsdA==,i=1000001",
            "r=abcX,s=c2FsdA==,i=999999999999999999999", "r=abcX,s=c2FsdA==,i=-4096", "r=abcX,s=c2FsdA==,i=04096",
            "r=abcX,s=c2FsdA==,i=", "r=abcX,s=,i=4096", "r=abcX,s=c2FsdA,i=4096", "r=abcX,s=c2Fs dA=,i=4096",
            "r=abc,s=c2FsdA==,i=4096", "r=other,s=c2FsdA==,i=4096", "e=other-error", "m=x,r=abcX,s=c2FsdA==,i=4096",
        ])
    func untrustedServer(message: String) {
        var client = ScramClient(hash: .sha256, username: "u", password: [1], nonce: Array("abc".utf8))
        _ = client.begin()
        #expect(throws: SASLFailure.self) { try client.receiveFirst(Array(message.utf8)) }
    }

    @Test("a broker that does not know the verifier is not trusted", arguments: RecordedScram.all)
    func falseServer(recorded: RecordedScram) throws {
        for final in ["v=" + Base64.encode([UInt8](repeating: 0, count: recorded.hash.byteCount)), "v=", "", "x=1"] {
            var client = client(recorded)
            _ = client.begin()
            let stretching = try client.receiveFirst(Array(recorded.serverFirst.utf8))
            _ = try client.finalMessage(stretched: stretching.perform())
            #expect(throws: SASLFailure.self) { try client.receiveFinal(Array(final.utf8)) }
        }
    }

    @Test(
        "a final message that is not one is refused, and no second one is taken",
        arguments: [
            "", "c=biws", "c=biws,r=NONCE", "c=biws,r=NONCE,p=", "c=biws,r=NONCE,p=AAAA", "c=eSws,r=NONCE,p=AAAA",
            "c=biws,r=other,p=AAAA", "c=biws,r=NONCE,p=***", "r=NONCE,c=biws,p=AAAA", "c=biws,r=NONCE,p=AAAA,x=y",
        ])
    func malformedFinal(message: String) throws {
        let recorded = RecordedScram.all[1]
        var server = server(recorded)
        _ = try server.receiveFirst(Array(recorded.clientFirst.utf8), credentials: recorded.table)
        let nonce = recorded.clientNonce + recorded.serverNonce
        let bytes = Array(message.replacing("NONCE", with: nonce).utf8)
        #expect(throws: SASLFailure.self) { try server.receiveFinal(bytes) }
        #expect(throws: SASLFailure(.illegalState, "a SCRAM message is out of turn")) {
            try server.receiveFinal(Array(recorded.clientFinal.utf8))
        }
    }

    @Test("acting for another user is refused, for oneself is not")
    func authorizationID() throws {
        let recorded = RecordedScram.all[1]
        var other = server(recorded)
        #expect(throws: SASLFailure.self) {
            try other.receiveFirst(Array("n,a=bob,n=alice,r=abc".utf8), credentials: recorded.table)
        }
        var own = server(recorded)
        _ = try own.receiveFirst(Array("n,a=alice,n=alice,r=abc".utf8), credentials: recorded.table)
    }
}
