import Settings

extension SettingType where Value == StringMatcher {
    /// As `matcher`, but a bare text with `*` or `?` in it is a glob: one that was meant as such and selected nothing would
    /// let out what is to be left out. A glob selects its own text too.
    static var namePattern: SettingType {
        let matcher = SettingType.matcher
        return matcher.mapped { matcher in
            guard case .exact(let text) = matcher, text.contains("*") || text.contains("?"),
                let glob = try? GlobPattern(parsing: text)
            else { return matcher }
            return .glob(glob)
        }
    }
}
