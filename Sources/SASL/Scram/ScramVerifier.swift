/// What a server keeps of a password: enough to check it, too little to know it or to sign in with it (RFC 5802 §3).
package struct ScramVerifier: Sendable, Hashable {
    /// The mechanism's hash: SHA-256 or SHA-512.
    package let hash: Hash
    /// Random bytes that make the keys of two users with one password differ.
    package let salt: [UInt8]
    /// How often the password is stretched.
    package let iterations: Int
    /// The hash of the client's key.
    package let storedKey: [UInt8]
    /// What the server proves with that it knows the verifier.
    package let serverKey: [UInt8]

    /// How often a password may be stretched. Below, guessing is cheap (RFC 7677 §4 and Kafka ask for 4,096); above,
    /// one sign-in takes longer than anybody waits.
    package static let iterationRange = 4096...1_000_000
    /// How often a new password is stretched where nobody says otherwise.
    package static let defaultIterations = 8192
    /// The largest salt, in bytes.
    package static let longestSalt = 256

    /// Takes what was kept; nil if it cannot be a verifier.
    package init?(hash: Hash, salt: [UInt8], iterations: Int, storedKey: [UInt8], serverKey: [UInt8]) {
        guard Self.iterationRange.contains(iterations), (1...Self.longestSalt).contains(salt.count),
            storedKey.count == hash.byteCount, serverKey.count == hash.byteCount
        else { return nil }
        self.hash = hash
        self.salt = salt
        self.iterations = iterations
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// Makes the verifier of a password. Slow by design: not on an event loop.
    package init(hash: Hash, password: [UInt8], salt: [UInt8], iterations: Int) {
        let salted = hash.stretched(password, salt: salt, iterations: iterations)
        let keys = ScramKeys(hash: hash, saltedPassword: salted)
        self.hash = hash
        self.salt = salt
        self.iterations = iterations
        storedKey = keys.storedKey
        serverKey = keys.serverKey
    }

    /// True if it is the verifier of this password. Slow by design: not on an event loop.
    package func matches(_ password: [UInt8]) -> Bool {
        let given = ScramVerifier(hash: hash, password: password, salt: salt, iterations: iterations)
        return given.storedKey.isEqualInConstantTime(to: storedKey)
    }
}

/// The keys that SCRAM makes of a password (RFC 5802 §3).
struct ScramKeys: Sendable {
    let hash: Hash
    let clientKey: [UInt8]
    let serverKey: [UInt8]

    /// The keys of a password that is stretched already.
    init(hash: Hash, saltedPassword: [UInt8]) {
        self.hash = hash
        clientKey = hash.hmac(key: saltedPassword, Array("Client Key".utf8))
        serverKey = hash.hmac(key: saltedPassword, Array("Server Key".utf8))
    }

    var storedKey: [UInt8] { hash.digest(clientKey) }

    /// What shows the server that the client knows the password, in this exchange.
    func clientProof(_ authMessage: [UInt8]) -> [UInt8] {
        clientKey.xor(hash.hmac(key: storedKey, authMessage))
    }
}
