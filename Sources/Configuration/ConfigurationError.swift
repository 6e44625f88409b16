package import Settings

/// A configuration that cannot be used, with everything that is wrong with it.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, in the order of the file; never empty.
    package var issues: [SettingsIssue]

    /// Makes an error of `issues`.
    package init(_ issues: [SettingsIssue]) {
        self.issues = issues.sorted()
    }

    /// One issue a line, as `file:line:column: path: message`.
    package var description: String {
        issues.map(\.description).joined(separator: "\n")
    }
}
