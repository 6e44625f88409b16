import Settings

/// The `reload:` block: when the file is read again without anybody asking for it.
package struct ReloadConfiguration: Sendable, Hashable {
    /// Whether a change of the file is taken up when it is seen. Default false.
    package var watch: Bool
    /// How often is looked whether the file has changed. Default 1 s.
    package var interval: Duration

    /// Makes a configuration.
    package init(watch: Bool = false, interval: Duration = .seconds(1)) {
        self.watch = watch
        self.interval = interval
    }

    static func read(_ reader: inout SettingsReader) -> ReloadConfiguration? {
        let defaults = ReloadConfiguration()
        return ReloadConfiguration(
            watch: reader.value(
                "watch",
                .boolean,
                default: defaults.watch,
                "Whether a change of this file is taken up when it is seen. SIGHUP and POST /reload work in any case."
            ),
            interval: reader.value(
                "interval",
                .duration(.milliseconds(100)...(.seconds(3600))),
                default: defaults.interval,
                "How often is looked whether the file has changed."
            )
        )
    }
}
