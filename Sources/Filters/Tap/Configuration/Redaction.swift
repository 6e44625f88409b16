package import Schemas
package import Settings

/// What is taken out of copies before they leave the process.
package struct Redaction: Sendable {
    /// What becomes of values.
    package enum Value: Sendable {
        /// They stay.
        case keep
        /// They are left out.
        case drop
        /// Some fields of theirs are hidden; what is no JSON is left out.
        case mask(JSONPathMask)
    }

    /// What becomes of keys.
    package enum Key: String, Sendable, Hashable, CaseIterable {
        /// They are left out.
        case drop
        /// HMAC-SHA-256 of them by the secret, in hexadecimal digits.
        case hash
    }

    /// What becomes of values.
    package var value = Value.keep
    /// What becomes of keys; nil if they stay.
    package var key: Key?
    /// Names of headers that are left out.
    package var headers: [StringMatcher] = []
    /// What keys are hashed with; random where none is configured, so that hashes compare for as long as the filter lives.
    package var secret: [UInt8] = []

    /// Nothing is taken out.
    package init() {}

    /// True if anything is taken out.
    var redactsAnything: Bool {
        if case .keep = value { return key != nil || !headers.isEmpty }
        return true
    }

    static func read(_ reader: inout SettingsReader) -> Redaction? {
        var redaction = Redaction()
        redaction.value = reader.value(
            "value", valueType, default: .keep,
            "'drop', or { mask: [paths] }: the values at these JSON paths are hidden, and what is no JSON is left out.")
        redaction.key = reader.optional(
            "key", .choice(), "'drop', or 'hash': HMAC-SHA-256 with 'secret', in hexadecimal digits.")
        redaction.headers = reader.value(
            "headers", .oneOrMore(of: .namePattern), default: [],
            "Headers of these names are left out: names, names with * or ?, or { prefix | glob | regex: … }.")
        let secret = reader.optional(
            "secret", .secret, "What keys are hashed with. By default a random one, made anew with the filter.")
        if secret == nil, reader.contains("secret") { return nil }
        redaction.secret = secret.map { Array($0.revealed.utf8) } ?? Self.randomSecret()
        return redaction
    }

    /// 32 bytes that nobody can guess, from the system.
    private static func randomSecret() -> [UInt8] {
        var system = SystemRandomNumberGenerator()
        return (0..<32).map { _ in UInt8.random(in: 0...255, using: &system) }
    }

    private static var valueType: SettingType<Value> {
        let word = SettingType<String>.choice(["drop": "drop", "keep": "keep"])
            .mapped { $0 == "drop" ? Value.drop : .keep }
        let mask = SettingType<Value>.structure { reader in
            reader.required("mask", .list(of: path, count: 1...100), "JSON paths, as $.card.number.")
                .map { .mask(JSONPathMask($0)) }
        }
        return SettingType.either(word, or: mask)
    }

    private static var path: SettingType<JSONPath> {
        SettingType<JSONPath>.scalar(
            expected: "a JSON path, as $.card.number", schema: ["type": "string", "pattern": "^\\$"],
            parse: { text throws(SettingProblem) in
                do throws(JSONPathError) {
                    return try JSONPath(parsing: text)
                } catch {
                    throw SettingProblem("\(error)")
                }
            },
            render: { .string($0.description) })
    }
}
