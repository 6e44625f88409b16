/// When a file is put aside for a new one, and how many of those that were put aside are kept.
package struct FileRotation: Sendable, Hashable {
    /// The most bytes of a file.
    package var maxBytes: Int
    /// How many are kept beside it: `.1`, the youngest, to `.N`.
    package var keep: Int

    /// A rotation.
    package init(maxBytes: Int, keep: Int) {
        self.maxBytes = maxBytes
        self.keep = keep
    }
}
