package import Settings

/// What became of a reload, or would become of it.
package enum ReloadResult: Sendable, Equatable {
    /// The configuration is valid, and unless it was a dry run it is in force: what changes.
    case accepted(ReloadAnswer)
    /// The old configuration goes on; all errors, a line each.
    case refused([String])
    /// It cannot be done now; why not.
    case unavailable(String)
    /// There is no file to read again.
    case unsupported
}

/// What a reload changes, in both forms.
package struct ReloadAnswer: Sendable, Equatable {
    /// For people on terminals.
    package var text: String
    /// For programs.
    package var json: JSONValue

    /// Makes an answer.
    package init(text: String, json: JSONValue) {
        self.text = text
        self.json = json
    }
}
