import Testing

@testable import SASL

@Suite("Credentials files")
struct CredentialsTests {
    private let verifiers = CredentialsFile.verifiers(password: Array("secret".utf8), iterations: 4096)

    @Test("users are added, changed and removed, and everything else stays")
    func editing() throws {
        var file = Array("# ours\n\nbob \(String(CredentialsFile.line("x", verifiers).dropFirst(2)))\n".utf8)
        file = try CredentialsFile.setting("alice", verifiers, in: file)
        var table = try CredentialsFile.read(file)
        #expect(table.usernames == ["alice", "bob"])
        #expect(table.verifiers(of: "alice") == verifiers)
        let others = CredentialsFile.verifiers(password: Array("other".utf8), iterations: 5000)
        file = try CredentialsFile.setting("alice", others, in: file)
        table = try CredentialsFile.read(file)
        #expect(table.verifiers(of: "alice") == others)
        #expect(table.count == 2)
        file = try #require(try CredentialsFile.removing("alice", in: file))
        #expect(try CredentialsFile.read(file).usernames == ["bob"])
        #expect(String(decoding: file, as: UTF8.self).hasPrefix("# ours\n\nbob "))
        #expect(try CredentialsFile.removing("alice", in: file) == nil)
    }

    @Test(
        "names with any characters come back as they were",
        arguments: ["a b", "#x", "100%", "a\tb\n", "ä", "$", "é\u{301}"])
    func names(name: String) throws {
        let table = try CredentialsFile.read(Array(CredentialsFile.line(name, verifiers).utf8))
        #expect(table.verifiers(of: name) == verifiers)
    }

    @Test("a file holds no password, and two users with one password have nothing in common")
    func noPasswords() {
        let first = CredentialsFile.line("alice", verifiers)
        let second = CredentialsFile.line(
            "bob", CredentialsFile.verifiers(password: Array("secret".utf8), iterations: 4096))
        #expect(!first.contains("secret"))
        let parts = Set(first.split(whereSeparator: { "$ ".contains($0) })).intersection(
            second.split(whereSeparator: { "$ ".contains($0) }))
        #expect(parts == ["SCRAM-SHA-256", "SCRAM-SHA-512", "4096"])
    }

    @Test(
        "a line that cannot be read is named by its number, without what it holds",
        arguments: [
            "alice", "alice secret", "alice SCRAM-SHA-256$4095$AAAA$AAAA$AAAA", "alice SCRAM-SHA-256$4096$AAAA$AAAA",
            "alice SCRAM-SHA-1$4096$AAAA$AAAA$AAAA", "alice PLAIN$secret", "al%ice X", "al%00ice X", "al%zzice X",
        ])
    func badLines(line: String) {
        let text = "# first\n\(line)\n"
        do {
            _ = try CredentialsFile.read(Array(text.utf8))
            Issue.record("it was read")
        } catch {
            #expect(error.line == 2)
            #expect(!"\(error)".contains("secret"))
        }
    }

    @Test("a user that is there twice, or has two verifiers of one mechanism, is an error")
    func doubles() {
        let line = CredentialsFile.line("alice", verifiers)
        #expect(throws: CredentialsFile.Invalid.self) { try CredentialsFile.read(Array("\(line)\n\(line)".utf8)) }
        let doubled = CredentialsFile.line("alice", [verifiers[0], verifiers[0]])
        #expect(throws: CredentialsFile.Invalid.self) { try CredentialsFile.read(Array(doubled.utf8)) }
    }

    @Test("PLAIN is checked against the same verifiers")
    func plain() throws {
        let table = CredentialTable([Array("alice".utf8): verifiers])
        func verdict(_ user: String, _ password: String) -> SASLVerdict {
            PasswordCheck(PlainMessage(username: user, password: Array(password.utf8)), credentials: table).perform()
        }
        let refused = SASLVerdict.rejected(SASLFailure(.invalidCredentials, "no such user, or another password"))
        #expect(verdict("alice", "secret") == .accepted(SASLIdentity(name: "alice")))
        #expect(verdict("alice", "Secret") == refused)
        #expect(verdict("bob", "secret") == refused)
    }

    @Test("a user that there is not costs as many iterations as one that there is")
    func decoyCost() {
        let table = CredentialTable([
            Array("alice".utf8): CredentialsFile.verifiers(password: [1], iterations: 20_000)
        ])
        let known = PasswordCheck(PlainMessage(username: "alice", password: [2]), credentials: table)
        let unknown = PasswordCheck(PlainMessage(username: "bob", password: [2]), credentials: table)
        #expect(known.verifier.iterations == 20_000)
        #expect(unknown.verifier.iterations == 20_000)
        #expect(known.verifier.hash == unknown.verifier.hash)
        #expect(known.verifier.salt.count == unknown.verifier.salt.count)
    }

    @Test("decoys are the same after a restart, and differ from name to name")
    func decoys() {
        let users: [[UInt8]: [ScramVerifier]] = [Array("alice".utf8): verifiers]
        let first = CredentialTable(users).decoy(for: "bob", hash: .sha256)
        #expect(CredentialTable(users).decoy(for: "bob", hash: .sha256) == first)
        #expect(CredentialTable(users).decoy(for: "carol", hash: .sha256).salt != first.salt)
    }
}

@Suite("Delays after failures")
struct FailureDelaysTests {
    private let settings = FailureDelays.Settings(
        first: .milliseconds(100), longest: .seconds(2), places: 3, addresses: 10)

    @Test("each failure doubles the delay, up to the longest")
    func growth() {
        var delays = FailureDelays(settings)
        var now = Duration.zero
        var seen: [Duration] = []
        for _ in 0..<7 {
            let delay = delays.failed("10.0.0.1", now: now)
            seen.append(delay)
            now += delay
        }
        #expect(seen == [100, 200, 400, 800, 1600, 2000, 2000].map { Duration.milliseconds($0) })
        let other = delays.failed("10.0.0.2", now: now)
        #expect(other == .milliseconds(100), "another address has its own")
    }

    @Test("an address without a place left is refused until an answer has left, however its connections ended")
    func places() {
        var delays = FailureDelays(settings)
        var admitted: [Bool] = []
        for _ in 0..<3 {
            admitted.append(delays.admits("a", now: .zero))
            _ = delays.failed("a", now: .zero)
        }
        #expect(admitted == [true, true, true])
        let (early, late, other) = (
            delays.admits("a", now: .milliseconds(99)), delays.admits("a", now: .milliseconds(100)),
            delays.admits("b", now: .zero)
        )
        #expect(!early)
        #expect(late)
        #expect(other)
    }

    @Test("failures are forgotten in time")
    func forgetting() {
        var delays = FailureDelays(settings)
        for _ in 0..<5 { _ = delays.failed("a", now: .zero) }
        let isAdmitted = delays.admits("a", now: .seconds(22))
        #expect(isAdmitted)
        #expect(delays.count == 0)
        let delay = delays.failed("a", now: .seconds(22))
        #expect(delay == .milliseconds(100))
    }

    @Test("the table is bounded, and the latest failures stay")
    func bound() {
        var delays = FailureDelays(settings)
        for index in 0..<1000 { _ = delays.failed("address \(index)", now: .milliseconds(index)) }
        #expect(delays.count <= 10)
        let delay = delays.failed("address 999", now: .seconds(1))
        #expect(delay == .milliseconds(200))
    }
}
