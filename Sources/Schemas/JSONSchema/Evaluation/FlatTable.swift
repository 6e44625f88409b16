/// A table of plain values at one place, read without counting references.
///
/// Safety: the memory is written in `init` and freed in `deinit`, so it may be read from anywhere in between.
final class FlatTable<Element: BitwiseCopyable>: @unchecked Sendable {
    /// The values. Indices into it are made by the compiler, never by records.
    let elements: UnsafeBufferPointer<Element>

    init(_ elements: [Element]) {
        let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
        _ = memory.initialize(fromContentsOf: elements)
        self.elements = UnsafeBufferPointer(memory)
    }

    deinit { elements.deallocate() }
}
