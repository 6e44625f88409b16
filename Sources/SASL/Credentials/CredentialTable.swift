/// Who may sign in with a password: an immutable snapshot of a credentials file.
package struct CredentialTable: Sendable {
    /// Verifiers by the bytes of the user's name. Text would not do: Swift takes two spellings of one character for the
    /// same, Kafka does not.
    private let verifiers: [[UInt8]: [ScramVerifier]]
    /// The numbers of iterations that verifiers of each hash have, most common first: decoys have one of them.
    private let iterations: [Hash: [Int]]
    /// What decoys are made of.
    private let decoyKey: [UInt8]

    /// Nobody.
    package static let empty = CredentialTable([:])

    /// - Parameters:
    ///   - verifiers: by the user's name, one a hash.
    ///   - decoyKey: a secret; made of the verifiers where none is given, so that decoys are the same after a restart.
    package init(_ verifiers: [[UInt8]: [ScramVerifier]], decoyKey: [UInt8]? = nil) {
        self.verifiers = verifiers
        var iterations: [Hash: [Int]] = [:]
        var secret: [UInt8] = []
        for name in verifiers.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            for verifier in verifiers[name] ?? [] {
                iterations[verifier.hash, default: []].append(verifier.iterations)
                secret = Hash.sha256.hmac(key: secret, verifier.serverKey + verifier.salt)
            }
        }
        self.iterations = iterations
        self.decoyKey = decoyKey ?? (verifiers.isEmpty ? RandomBytes.make(32) : secret)
    }

    /// How many users there are.
    package var count: Int { verifiers.count }

    /// The names of the users, sorted by their bytes.
    package var usernames: [String] {
        verifiers.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The verifiers of a user; empty if there is no such user.
    package func verifiers(of username: String) -> [ScramVerifier] {
        verifiers[Array(username.utf8)] ?? []
    }

    /// The verifier of a user for a mechanism's hash; nil if there is none.
    package func verifier(of username: String, hash: Hash) -> ScramVerifier? {
        verifiers(of: username).first { $0.hash == hash }
    }

    /// The verifier to check PLAIN against: SHA-256 where there is one.
    package func verifierForPlain(of username: String) -> ScramVerifier? {
        verifier(of: username, hash: .sha256) ?? verifiers(of: username).first
    }

    /// A verifier that no password has, for a user that there is not: the same for a name as long as the file is, and
    /// with as many iterations as some user has, so that it tells nothing and takes as long.
    package func decoy(for username: String, hash: Hash) -> ScramVerifier {
        let name = Array(username.utf8)
        let seed = Hash.sha512.hmac(key: decoyKey, [UInt8(hash.byteCount)] + name)
        let choices = iterations[hash] ?? []
        let place = seed[0..<4].reduce(0) { $0 << 8 | Int($1) }
        let chosen = choices.isEmpty ? ScramVerifier.defaultIterations : choices[place % choices.count]
        let keys = hash.hmac(key: decoyKey, seed)
        return ScramVerifier(
            hash: hash, salt: Array(seed[4..<4 + saltCount(hash)]), iterations: chosen, storedKey: keys,
            serverKey: hash.hmac(key: keys, seed))
            ?? ScramVerifier(hash: hash, password: keys, salt: seed, iterations: chosen)
    }

    /// As long a salt as users have.
    private func saltCount(_ hash: Hash) -> Int {
        let known = verifiers.values.lazy.joined().first { $0.hash == hash }?.salt.count ?? CredentialsFile.saltCount
        return min(known, Hash.sha512.byteCount - 4)
    }
}

/// Checks a password against a verifier. It is slow, so it is a value to be carried away from the event loop.
package struct PasswordCheck: Sendable {
    let username: String
    let password: [UInt8]
    let verifier: ScramVerifier
    let isKnown: Bool

    /// The check of what a client said in PLAIN.
    package init(_ message: PlainMessage, credentials: CredentialTable) {
        username = message.username
        password = message.password
        let known = credentials.verifierForPlain(of: message.username)
        isKnown = known != nil
        verifier = known ?? credentials.decoy(for: message.username, hash: .sha256)
    }

    /// Does it.
    package func perform() -> SASLVerdict {
        let matches = verifier.matches(password)
        guard matches, isKnown else {
            return .rejected(SASLFailure(.invalidCredentials, "no such user, or another password"))
        }
        return .accepted(SASLIdentity(name: username))
    }
}
