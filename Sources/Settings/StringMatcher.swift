/// Selects strings: one exactly, or those with a prefix, of a glob's form, or of a regular expression's.
///
/// Bytes are compared, as Kafka does: no normalization, no case folding unless a regular expression asks for it.
public enum StringMatcher: Sendable, Hashable {
    /// This string and no other.
    case exact(String)
    /// Strings that begin so.
    case prefix(String)
    /// Strings of the form of a glob, from their first character to the last.
    case glob(GlobPattern)
    /// Strings that a regular expression describes, from their first character to the last.
    case regex(RegularExpression)

    /// Whether `text` is selected.
    public func matches(_ text: String) -> Bool {
        switch self {
        case .exact(let wanted): text.utf8.elementsEqual(wanted.utf8)
        case .prefix(let wanted): text.utf8.starts(with: wanted.utf8)
        case .glob(let pattern): pattern.matches(text)
        case .regex(let expression): expression.matches(text)
        }
    }
}

extension SettingType where Value == StringMatcher {
    /// A string that is meant exactly, or `{ prefix: … }`, `{ glob: … }` or `{ regex: … }`.
    public static var matcher: SettingType {
        let exact = SettingType<String>.string(0...65_536).mapped { StringMatcher.exact($0) }
        let patterns = SettingType<StringMatcher>.oneOf([
            SettingVariant("prefix", "Strings that begin so.") { reader in
                reader.required("prefix", .string(0...65_536), "What they begin with.").map { .prefix($0) }
            },
            SettingVariant("glob", "Strings of this form; * stands for any characters, ? for one.") { reader in
                reader.required("glob", .glob, "The form of the whole string.").map { .glob($0) }
            },
            SettingVariant("regex", "Strings that this regular expression describes as a whole.") { reader in
                reader.required("regex", .regularExpression, "The regular expression.").map { .regex($0) }
            },
        ])
        return SettingType.either(exact, or: patterns).named("matcher")
    }
}
