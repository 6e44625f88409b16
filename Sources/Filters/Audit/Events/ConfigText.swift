import Settings

/// Configurations as an audit writes them.
enum ConfigText {
    /// What stands in the place of a value that may be secret.
    static let hidden: JSONValue = "[hidden]"

    /// The types of resources whose values are shown: topics, loggers, client metrics, groups. Brokers have passwords and
    /// keys among theirs, and which those are only they know.
    private static let shown: Set<Int8> = [2, 8, 16, 32]
    /// What a name has in it that is of a plug-in and holds a secret.
    private static let suspicious = ["password", "secret", "credential", "jaas", "token", "private", ".key"]

    /// A value, if it can be no secret.
    static func value(_ value: String?, of name: String, type: Int8) -> JSONValue {
        guard let value else { return .null }
        let lowercase = name.lowercased()
        guard shown.contains(type), !suspicious.contains(where: { lowercase.contains($0) }) else { return hidden }
        return .string(AuditDocument.cut(value))
    }

    /// What is done to a value.
    static func operation(_ number: Int8) -> String {
        switch number {
        case 0: "set"
        case 1: "delete"
        case 2: "append"
        case 3: "subtract"
        default: "operation_\(number)"
        }
    }
}
