import Settings
import Testing

@testable import SASL

@Suite("Tokens")
struct TokenTests {
    private let rules = TokenRules(issuer: "https://issuer.example", audiences: ["kafka"])

    private func verdict(
        _ token: String, rules: TokenRules? = nil, now: Int64 = Tokens.issuedAt + 1, keys: String = Tokens.keySet
    ) throws -> SASLVerdict {
        let keys = try JSONWebKeySet(reading: Array(keys.utf8))
        return TokenCheck(token: Array(token.utf8), keys: keys, rules: rules ?? self.rules, now: now).perform()
    }

    @Test(
        "tokens that the openssl command has signed hold",
        arguments: [Tokens.rs256, Tokens.rs512, Tokens.ps256, Tokens.ps384, Tokens.es256])
    func signed(token: String) throws {
        #expect(try verdict(token) == .accepted(SASLIdentity(name: "alice", expiresAt: Tokens.expiresAt)))
    }

    @Test("the vectors of RFC 7515 hold: RS256, ES256 and ES512")
    func rfc7515() throws {
        let payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        let rsa: JSONValue = [
            "kty": "RSA", "e": "AQAB",
            "n": .string(
                "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR"
                    + "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-"
                    + "KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco"
                    + "9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"),
        ]
        let rsaSignature =
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9"
            + "CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOL"
            + "n6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtV"
            + "rBp0igcN_IoypGlUPQGe77Rw"
        let ec: JSONValue = [
            "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        ]
        let large: JSONValue = [
            "kty": "EC", "crv": "P-521",
            "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
            "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
        ]
        let rows: [(JSONValue, String, String, TokenAlgorithm)] = [
            (rsa, "eyJhbGciOiJSUzI1NiJ9.\(payload)", rsaSignature, .rs256),
            (
                ec, "eyJhbGciOiJFUzI1NiJ9.\(payload)",
                "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q", .es256
            ),
            (
                large, "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
                "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgo"
                    + "XD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn", .es512
            ),
        ]
        for (json, signed, written, algorithm) in rows {
            let key = try #require(JSONWebKey(json))
            var signature = try #require(Base64.decode(written.utf8, .url))
            #expect(key.verifies(signature, of: Array(signed.utf8), algorithm), "\(algorithm)")
            #expect(!key.verifies(signature, of: Array((signed + "x").utf8), algorithm))
            signature[signature.count - 1] ^= 1
            #expect(!key.verifies(signature, of: Array(signed.utf8), algorithm))
            #expect(!key.verifies([], of: Array(signed.utf8), algorithm))
        }
    }

    @Test(
        "a token that is unsigned, or signed with a shared secret, is refused",
        arguments: [Tokens.unsigned, Tokens.hs256])
    func confusion(token: String) throws {
        #expect(
            try verdict(token) == .rejected(SASLFailure(.invalidToken, "the token is not signed by a public key")))
    }

    @Test("a key that is for something else, or that there is not, signs nothing")
    func otherKeys() throws {
        for token in [Tokens.otherKey, Tokens.encryptionKey] {
            guard case .unknownKey = try verdict(token) else {
                Issue.record("\(token.prefix(40)) was taken")
                continue
            }
        }
    }

    @Test("a token that names no key is checked with the only one that could be, and with none of several")
    func unnamedKey() throws {
        #expect(try verdict(Tokens.unnamed) == .accepted(SASLIdentity(name: "alice", expiresAt: Tokens.expiresAt)))
        guard case .object(let members) = try JSONText.parse(Tokens.keySet.utf8),
            case .array(let keys)? = members.first?.value
        else { throw SASLFailure(.malformed, "") }
        let doubled = JSONValue.object([.init("keys", .array(keys + keys.prefix(1)))]).description
        guard case .unknownKey = try verdict(Tokens.unnamed, keys: doubled) else {
            Issue.record("a token without a key's name was checked with one of several")
            return
        }
    }

    @Test("the name of a key in the token does not choose the algorithm")
    func algorithmOfTheKey() throws {
        // The P-256 key says that it is for ES256; the token says RS256 and names it.
        let header = Base64.encode(Array(#"{"alg":"RS256","kid":"ec-1"}"#.utf8), .url)
        let rest = Tokens.es256.split(separator: ".").dropFirst().joined(separator: ".")
        guard case .unknownKey = try verdict("\(header).\(rest)") else {
            Issue.record("an EC key has served for RS256")
            return
        }
    }

    @Test("a token that was changed is refused")
    func changed() throws {
        var parts = Tokens.rs256.split(separator: ".").map(String.init)
        let claims = try #require(Base64.decode(parts[1].utf8, .url))
        let changed = String(decoding: claims, as: UTF8.self).replacing("alice", with: "admin")
        parts[1] = Base64.encode(Array(changed.utf8), .url)
        #expect(
            try verdict(parts.joined(separator: "."))
                == .rejected(SASLFailure(.invalidToken, "the token's signature does not hold")))
    }

    @Test("a token holds from its beginning to its end, give or take the clock skew")
    func times() throws {
        let skew: Int64 = 30_000
        func isAccepted(_ now: Int64) throws -> Bool {
            if case .accepted = try verdict(Tokens.rs256, now: now) { true } else { false }
        }
        #expect(try isAccepted(Tokens.issuedAt - skew))
        #expect(try !isAccepted(Tokens.issuedAt - skew - 1))
        #expect(try isAccepted(Tokens.expiresAt + skew - 1))
        #expect(try !isAccepted(Tokens.expiresAt + skew))
    }

    /// A token with these claims, whose signature nobody looks at.
    private func claims(_ json: String) throws -> JSONWebToken {
        let header = Base64.encode(Array(#"{"alg":"RS256"}"#.utf8), .url)
        return try JSONWebToken(reading: Array("\(header).\(Base64.encode(Array(json.utf8), .url)).AAAA".utf8))
    }

    @Test(
        "claims that do not fit the rules are refused",
        arguments: [
            #"{"iss":"i","aud":"kafka","sub":"a"}"#, #"{"iss":"i","aud":"kafka","sub":"a","exp":"2000"}"#,
            #"{"iss":"i","aud":"kafka","sub":"a","exp":-1}"#, #"{"iss":"i","aud":"kafka","sub":"a","exp":1e300}"#,
            #"{"iss":"j","aud":"kafka","sub":"a","exp":2000}"#, #"{"aud":"kafka","sub":"a","exp":2000}"#,
            #"{"iss":["i"],"aud":"kafka","sub":"a","exp":2000}"#, #"{"iss":"i","aud":"web","sub":"a","exp":2000}"#,
            #"{"iss":"i","aud":[],"sub":"a","exp":2000}"#, #"{"iss":"i","sub":"a","exp":2000}"#,
            #"{"iss":"i","aud":"kafka","sub":"","exp":2000}"#, #"{"iss":"i","aud":"kafka","sub":7,"exp":2000}"#,
            #"{"iss":"i","aud":"kafka","sub":"a\u0000b","exp":2000}"#, #"{"iss":"i","aud":"kafka","exp":2000}"#,
            #"{"iss":"i","aud":"kafka","sub":"a","exp":2000,"nbf":1999}"#,
            #"{"iss":"i","aud":"kafka","sub":"a","exp":2000,"iat":1999}"#,
            #"{"iss":"i","aud":"kafka","sub":"a","exp":2000,"scope":"writes"}"#,
            #"{"iss":"i","aud":"kafka","sub":"a","exp":2000,"scope":"read"}"#,
        ])
    func refusedClaims(json: String) throws {
        let rules = TokenRules(
            issuer: "i", audiences: ["kafka"], requiredScopes: json.contains("scope") ? ["write"] : [])
        let token = try claims(json)
        #expect(throws: SASLFailure.self) { try rules.identity(token, now: 1_000_000) }
    }

    @Test("claims that fit are taken: an audience among several, scopes as text or list, another claim for the user")
    func takenClaims() throws {
        let rules = TokenRules(
            issuer: "i", audiences: ["web", "kafka"], principalClaim: "client_id", scopeClaim: "scp",
            requiredScopes: ["write"])
        for scopes in [#""read write""#, #"["write"]"#] {
            let token = try claims(#"{"iss":"i","aud":["x","kafka"],"client_id":"app","exp":2000.5,"scp":\#(scopes)}"#)
            #expect(try rules.identity(token, now: 1_000_000) == SASLIdentity(name: "app", expiresAt: 2_000_500))
        }
    }

    @Test(
        "what is no token is refused",
        arguments: [
            "", ".", "..", "a.b", "a.b.c.d", "****.e30.AAAA", "e30.e30.AAAA", "eyJhbGciOiJSUzI1NiJ9.W10.AAAA",
            "eyJhbGciOiJSUzI1NiJ9.e30=.AAAA", "eyJhbGciOjF9.e30.AAAA",
        ])
    func noTokens(token: String) throws {
        guard case .rejected = try verdict(token) else {
            Issue.record("\(token) was taken")
            return
        }
    }

    @Test("a header with extensions that must be understood is refused")
    func critical() throws {
        let header = Base64.encode(Array(#"{"alg":"RS256","kid":"rsa-1","crit":["exp"]}"#.utf8), .url)
        let rest = Tokens.rs256.split(separator: ".").dropFirst().joined(separator: ".")
        guard case .rejected(let failure) = try verdict("\(header).\(rest)") else {
            Issue.record("it was taken")
            return
        }
        #expect(failure.message.contains("extension"))
    }

    @Test(
        "keys that are too small, broken or of another kind are not taken",
        arguments: [
            #"{"kty":"oct","k":"c2VjcmV0"}"#, #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, #"{"kty":"RSA","e":"AQAB"}"#,
            #"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#,
            #"{"kty":"EC","crv":"secp256k1","x":"AAAA","y":"AAAA"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, "7", "{}",
        ])
    func uselessKeys(json: String) throws {
        #expect(JSONWebKey(try JSONText.parse(json.utf8)) == nil)
        #expect(throws: SASLFailure.self) { try JSONWebKeySet(reading: Array(#"{"keys":[\#(json)]}"#.utf8)) }
    }

    @Test("a point that is not on the curve verifies nothing, and does no harm")
    func offTheCurve() throws {
        let one = Base64.encode([UInt8](repeating: 1, count: 32), .url)
        let key = try #require(
            JSONWebKey(["kty": "EC", "crv": "P-256", "x": .string(one), "y": .string(one)]))
        #expect(!key.verifies([UInt8](repeating: 1, count: 64), of: [1], .es256))
    }
}
