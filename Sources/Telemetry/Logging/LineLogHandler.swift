public import Logging

/// Writes each log event as one line of text or JSON.
public struct LineLogHandler: LogHandler {
    /// Added to every event of this logger.
    public var metadata: Logger.Metadata = [:]
    /// Gives metadata of the task that logs.
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let level: LogLevelControl
    private let sink: LogSink
    private var ownLevel: Logger.Level?

    /// Makes a handler for one logger.
    ///
    /// - Parameters:
    ///   - label: the logger's name.
    ///   - level: the level that the logger follows until it is given one of its own.
    ///   - sink: where lines go, and how they look.
    public init(label: String, level: LogLevelControl, sink: LogSink) {
        self.label = label
        self.level = level
        self.sink = sink
    }

    /// The logger's own level if it was given one, else that of the ``LogLevelControl``.
    public var logLevel: Logger.Level {
        get { ownLevel ?? level.level }
        set { ownLevel = newValue }
    }

    /// A metadata value that every event of this logger has.
    ///
    /// - Parameter key: its name.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event; returns without waiting for the line to be written.
    ///
    /// - Parameter event: what happened.
    public func log(event: LogEvent) {
        var all = metadataProvider?.get() ?? [:]
        all.merge(metadata) { $1 }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error { all["error"] = "\(error)" }
        let record = LogRecord(
            time: .now, level: event.level, label: label, message: event.message.description,
            metadata: all.sorted { $0.key < $1.key })
        sink.write(record.line(as: sink.format))
    }

    /// Makes every logger of this process write through handlers of this kind; once a process.
    ///
    /// - Parameters:
    ///   - level: the level that loggers follow.
    ///   - sink: where lines go, and how they look.
    public static func bootstrap(level: LogLevelControl, sink: LogSink) {
        LoggingSystem.bootstrap { LineLogHandler(label: $0, level: level, sink: sink) }
    }
}
