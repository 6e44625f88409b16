package import Settings

/// What headers records must have and must not have.
package struct HeaderConfiguration: Sendable, Hashable {
    /// A header that must be there.
    package struct Required: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// What must occur in the value of one of this name; nil for any value, also a null one.
        package var pattern: RegularExpression?

        /// A header that must be there.
        package init(name: String, pattern: RegularExpression? = nil) {
            self.name = name
            self.pattern = pattern
        }
    }

    /// Headers that must be there, in the order of their names.
    package var required: [Required]
    /// Names of headers that must not be there.
    package var forbidden: [StringMatcher]

    /// Makes settings.
    package init(required: [Required] = [], forbidden: [StringMatcher] = []) {
        self.required = required
        self.forbidden = forbidden
    }

    /// True if nothing is asked for.
    var isEmpty: Bool { required.isEmpty && forbidden.isEmpty }

    static func read(_ reader: inout SettingsReader) -> HeaderConfiguration? {
        let required = reader.value(
            "required", .dictionary(of: .string(0...4096), count: 0...100), default: [:],
            "Headers that each record must have: a name, and a regular expression that must occur in the value. ^ and $ stand for its ends; an empty one takes any value."
        )
        let forbidden = reader.value(
            "forbidden", .list(of: .topicPattern, count: 0...100), default: [],
            "Headers that no record may have: names, names with * or ?, or { prefix | glob | regex: … }.")
        var headers = HeaderConfiguration(forbidden: forbidden)
        for (name, text) in required.sorted(by: { $0.key < $1.key }) {
            do throws(SettingProblem) {
                let pattern = text.isEmpty ? nil : try RegularExpression(parsing: text)
                headers.required.append(Required(name: name, pattern: pattern))
            } catch {
                reader.report("header '\(name)': \(error.message)", at: "required")
            }
        }
        return headers
    }
}
