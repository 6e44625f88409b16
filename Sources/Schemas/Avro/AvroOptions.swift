/// How strictly Avro data are checked, and how much of them is followed.
package struct AvroOptions: Sendable, Hashable {
    /// How deep arrays, maps and records that contain themselves may be nested in a datum. 64 by default.
    package var maxDepth: Int
    /// The most items that take no bytes (of an array of nulls, for instance) in a datum: they cost their reader memory
    /// but not their writer. 65,536 by default.
    package var maxEmptyItems: Int
    /// True if decimals have to fit into their precision and UUIDs to be well formed. True by default.
    package var checksLogicalTypes: Bool

    /// Options with their defaults.
    package init(maxDepth: Int = 64, maxEmptyItems: Int = 65_536, checksLogicalTypes: Bool = true) {
        self.maxDepth = min(max(maxDepth, 1), 1024)
        self.maxEmptyItems = max(maxEmptyItems, 0)
        self.checksLogicalTypes = checksLogicalTypes
    }
}
