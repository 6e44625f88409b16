/// What the configuration knows of one type of filter: its name, and how its settings are read.
///
/// Whoever puts the proxy together hands the list of them to the configuration, which knows no filter itself.
public struct FilterType: Sendable {
    /// What stands under `type:`.
    public let name: String
    /// One line on what the filter does, for the schema.
    public let summary: String
    /// Declares and reads the filter's own keys, which stand beside `type`, `name`, `dry_run` and `when`.
    public let read: @Sendable (_ reader: inout SettingsReader) -> (any Sendable)?

    /// Makes a type.
    ///
    /// - Parameters:
    ///   - name: What stands under `type:`, in snake_case.
    ///   - summary: One line on what the filter does.
    ///   - read: Declares and reads the filter's own keys.
    public init<Configuration: Sendable>(
        name: String,
        summary: String,
        read: @escaping @Sendable (_ reader: inout SettingsReader) -> Configuration?
    ) {
        self.name = name
        self.summary = summary
        self.read = { read(&$0) }
    }
}
