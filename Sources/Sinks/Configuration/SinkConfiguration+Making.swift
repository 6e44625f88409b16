package import FilterAPI
import Settings

extension SinkConfiguration {
    /// Makes the sink. In a dry run it opens nothing, and counts what it would have been given.
    ///
    /// - Parameters:
    ///   - purpose: what is written, for messages: `audit log`.
    ///   - context: the filter's.
    /// - Returns: the sink, which the filter shuts down when it ends.
    /// - Throws: ``LineFileError`` if a file cannot be opened.
    package func makeSink(purpose: String, context: FilterContext) throws -> any Sink {
        switch self {
        case .file(let file):
            return context.isDryRun
                ? WithheldSink(.documents, context: context)
                : try FileSink(file, purpose: purpose, context: context)
        case .topic(let topic):
            return context.isDryRun
                ? WithheldSink(.records, context: context) : try TopicSink(topic, context: context)
        case .admin: return context.isDryRun ? WithheldSink(.documents, context: context) : LiveSink(context)
        }
    }
}
