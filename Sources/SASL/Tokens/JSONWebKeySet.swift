import CCrypto
import Settings

/// How a token may be signed (RFC 7518 §3): by public keys only. `none` and the HMAC algorithms are not among them, so
/// that neither an unsigned token nor one "signed" with a public key is ever taken.
package enum TokenAlgorithm: String, Sendable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"

    var hash: Hash {
        switch self {
        case .rs256, .ps256, .es256: .sha256
        case .rs384, .ps384, .es384: .sha384
        case .rs512, .ps512, .es512: .sha512
        }
    }
}

/// A public key that tokens may be signed with (RFC 7517).
package struct JSONWebKey: Sendable, Hashable {
    /// What it is made of.
    enum Material: Sendable, Hashable {
        case rsa(modulus: [UInt8], exponent: [UInt8])
        case ec(curve: Int, x: [UInt8], y: [UInt8])
    }

    /// The name under which tokens ask for it; nil if it has none.
    package let id: String?
    /// The only algorithm that it is for; nil if it does not say.
    let algorithm: TokenAlgorithm?
    let material: Material

    /// Sizes of RSA keys that are taken, in bits.
    static let rsaBits = 2048...16_384

    /// True if a token of this algorithm may be signed with it.
    func serves(_ other: TokenAlgorithm) -> Bool {
        if let algorithm, algorithm != other { return false }
        switch (material, other) {
        case (.rsa, .rs256), (.rsa, .rs384), (.rsa, .rs512), (.rsa, .ps256), (.rsa, .ps384), (.rsa, .ps512): return true
        case (.ec(256, _, _), .es256), (.ec(384, _, _), .es384), (.ec(521, _, _), .es512): return true
        default: return false
        }
    }

    /// Checks a signature; some tens of microseconds.
    func verifies(_ signature: [UInt8], of data: [UInt8], _ algorithm: TokenAlgorithm) -> Bool {
        guard serves(algorithm) else { return false }
        let hash = Int32(algorithm.hash.rawValue)
        switch material {
        case .rsa(let modulus, let exponent):
            let isPSS =
                switch algorithm {
                case .ps256, .ps384, .ps512: true
                default: false
                }
            return sluice_rsa_verify(
                hash, isPSS ? 1 : 0, modulus, modulus.count, exponent, exponent.count, data, data.count, signature,
                signature.count) == 1
        case .ec(let curve, let x, let y):
            return sluice_ecdsa_verify(
                hash, Int32(curve), x, y, x.count, data, data.count, signature, signature.count) == 1
        }
    }

    /// Reads a key; nil for one that tokens cannot be signed with: of another kind, for encryption, or too small.
    init?(_ json: JSONValue) {
        if let use = json["use"], use != "sig" { return nil }
        if case .array(let operations)? = json["key_ops"], !operations.contains("verify") { return nil }
        if let name = json["alg"] {
            guard case .string(let text) = name, let algorithm = TokenAlgorithm(rawValue: text) else { return nil }
            self.algorithm = algorithm
        } else {
            algorithm = nil
        }
        if case .string(let id)? = json["kid"] { self.id = id } else { id = nil }
        func bytes(_ key: String) -> [UInt8]? {
            guard case .string(let text)? = json[key] else { return nil }
            return Base64.decode(text.utf8, .url)
        }
        switch json["kty"] {
        case "RSA":
            guard let modulus = bytes("n").map({ Array($0.drop { $0 == 0 }) }),
                let exponent = bytes("e").map({ Array($0.drop { $0 == 0 }) }),
                let top = modulus.first, let last = exponent.last, !last.isMultiple(of: 2), exponent.count <= 8,
                exponent != [1], Self.rsaBits.contains(modulus.count * 8 - top.leadingZeroBitCount)
            else { return nil }
            material = .rsa(modulus: modulus, exponent: exponent)
        case "EC":
            guard case .string(let name)? = json["crv"], let curve = ["P-256": 256, "P-384": 384, "P-521": 521][name],
                let x = bytes("x"), let y = bytes("y"), x.count == (curve + 7) / 8, y.count == x.count
            else { return nil }
            material = .ec(curve: curve, x: x, y: y)
        default: return nil
        }
    }
}

/// The keys of whoever issues tokens (RFC 7517 §5).
package struct JSONWebKeySet: Sendable, Hashable {
    /// The keys that can be used; at most ``most``.
    package let keys: [JSONWebKey]

    /// The largest document that is read, in bytes.
    package static let maxSize = 1 << 20
    /// How many keys are kept.
    package static let most = 256

    /// No keys: no token is taken.
    package static let empty = JSONWebKeySet(keys: [])

    private init(keys: [JSONWebKey]) {
        self.keys = keys
    }

    /// Reads a document; keys that are of no use are passed over.
    ///
    /// - Throws: ``SASLFailure`` if it is not a key set, or has no key that tokens can be signed with.
    package init(reading bytes: [UInt8]) throws(SASLFailure) {
        guard bytes.count <= Self.maxSize else { throw .malformed("a key set is too large") }
        guard case .array(let entries)? = try JSONText.parse(bytes)["keys"] else {
            throw .malformed("a key set has a list 'keys'")
        }
        keys = entries.prefix(Self.most).compactMap(JSONWebKey.init)
        guard !keys.isEmpty else { throw .malformed("a key set has no key in it that tokens can be signed with") }
    }

    /// The key to check a token with: that of its `kid`, and for a token without one the only key that could be.
    func key(id: String?, for algorithm: TokenAlgorithm) -> JSONWebKey? {
        let fitting = keys.filter { $0.serves(algorithm) }
        if let id { return fitting.first { $0.id.map { $0.utf8.elementsEqual(id.utf8) } ?? false } }
        return fitting.count == 1 ? fitting[0] : nil
    }
}
