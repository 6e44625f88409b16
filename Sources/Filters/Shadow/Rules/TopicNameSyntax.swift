import Settings

/// What Kafka takes for a topic's name: 1 to 249 characters of `a-z A-Z 0-9 . _ -`, but neither `.` nor `..`.
enum TopicNameSyntax {
    /// The longest name, in bytes.
    static let longest = 249

    /// True if a broker accepts the name.
    static func isLegal(_ name: String) -> Bool {
        let bytes = name.utf8
        return (1...longest).contains(bytes.count) && bytes.allSatisfy(isLegal) && name != "." && name != ".."
    }

    private static func isLegal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static let internals: Set<String> = [
        "__consumer_offsets", "__transaction_state", "__share_group_state", "__cluster_metadata",
    ]

    /// True for the topics that Kafka keeps for itself: no copy goes there.
    static func isInternal(_ name: String) -> Bool { internals.contains(name) }

    static func problem(_ name: String) -> SettingProblem? {
        if !isLegal(name) {
            return SettingProblem("must be a topic's name: 1 to 249 characters of a-z, A-Z, 0-9, '.', '_' and '-'")
        }
        return isInternal(name) ? SettingProblem("is one of Kafka's own topics") : nil
    }

    static func prefixProblem(_ prefix: String) -> SettingProblem? {
        guard prefix.utf8.count < longest, prefix.utf8.allSatisfy(isLegal) else {
            return SettingProblem("must be the beginning of a topic's name: a-z, A-Z, 0-9, '.', '_' and '-'")
        }
        return nil
    }
}
