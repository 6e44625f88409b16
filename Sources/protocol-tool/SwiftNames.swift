/// Swift's names for Kafka's.
enum SwiftNames {
    private static let keywords: Set<String> = [
        "protocol", "default", "internal", "operator", "self", "extension", "in", "is", "as", "where", "repeat", "case",
    ]

    /// `TransactionalId` becomes `transactionalID`.
    static func property(_ name: String) -> String {
        let words = words(name)
        let result = words.enumerated().map { index, word in
            if index == 0 { return word.lowercased() }
            switch word {
            case "Id": return "ID"
            case "Ids": return "IDs"
            default: return word
            }
        }.joined()
        return keywords.contains(result) ? "`\(result)`" : result
    }

    private static func words(_ name: String) -> [String] {
        var words: [String] = []
        for character in name {
            if character.isUppercase || words.isEmpty {
                words.append(String(character))
            } else {
                words[words.count - 1].append(character)
            }
        }
        return words
    }
}
