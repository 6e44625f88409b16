/// What a JSON document may be at most.
package struct JSONLimits: Sendable, Hashable {
    /// The most bytes of a document, from 1 to 33,554,432 (32 MiB). Default: 1 MiB, which is Kafka's own limit.
    package var maxBytes: Int
    /// The most levels of arrays and objects, from 1 to 1024. Default: 64.
    package var maxDepth: Int
    /// Whether an object may not have two members of the same name. Default: it may, as RFC 8259 allows.
    package var refusesDuplicateNames: Bool

    /// The greatest value of `maxBytes`.
    package static let maxBytesBound = 33_554_432
    /// The greatest value of `maxDepth`.
    package static let maxDepthBound = 1024

    /// Limits; those out of range are moved into it.
    package init(maxBytes: Int = 1_048_576, maxDepth: Int = 64, refusesDuplicateNames: Bool = false) {
        self.maxBytes = min(max(maxBytes, 1), Self.maxBytesBound)
        self.maxDepth = min(max(maxDepth, 1), Self.maxDepthBound)
        self.refusesDuplicateNames = refusesDuplicateNames
    }
}
