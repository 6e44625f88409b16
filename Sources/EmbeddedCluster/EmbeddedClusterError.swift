/// Why the embedded cluster, or a client of it, could not do what was asked.
package enum EmbeddedClusterError: Error, Equatable, CustomStringConvertible {
    /// librdkafka is not installed; `reason` is the dynamic linker's.
    case libraryMissing(reason: String)
    /// The librdkafka found here lacks a function.
    case symbolMissing(String)
    /// librdkafka refused `action`.
    case failed(action: String, reason: String)

    /// A sentence for people, which says what to do about it where that is known.
    package var description: String {
        switch self {
        case .libraryMissing(let reason):
            """
            the embedded cluster needs librdkafka, which is not installed here; on Debian: \
            sudo apt-get install librdkafka1 (\(reason))
            """
        case .symbolMissing(let name):
            "the librdkafka installed here is too old for the embedded cluster: it has no \(name)"
        case .failed(let action, let reason):
            "could not \(action): \(reason)"
        }
    }
}
