package import Settings

/// Lines in a file, or on standard output.
package struct FileSinkConfiguration: Sendable, Hashable {
    /// The file; nil for standard output.
    package var path: String?
    /// How large the file may become before it is put aside. Default 100 MiB.
    package var rotate: ByteSize
    /// How many files that were put aside are kept. Default 5.
    package var keep: Int
    /// How much may wait to be written. Default 8 MiB.
    package var maxBuffered: ByteSize

    /// Makes settings.
    package init(
        path: String?, rotate: ByteSize = .mebibytes(100), keep: Int = 5, maxBuffered: ByteSize = .mebibytes(8)
    ) {
        self.path = path
        self.rotate = rotate
        self.keep = keep
        self.maxBuffered = maxBuffered
    }

    static func read(_ reader: inout SettingsReader) -> FileSinkConfiguration? {
        let path = reader.required(
            "file", .file(mustExist: false), "The file that lines are appended to, reopened on SIGUSR1.")
        let rotate = reader.value(
            "rotate", .byteSize(.mebibytes(1)...(.gibibytes(1024))), default: .mebibytes(100),
            "At this size the file is renamed to '.1' (and '.1' to '.2', and so on), and a new one is begun.")
        let keep = reader.value(
            "keep", .integer(1...1000), default: 5, "How many of the renamed files are kept; older ones are removed.")
        let maxBuffered = readMaxBuffered(&reader)
        guard let path else { return nil }
        return FileSinkConfiguration(path: path, rotate: rotate, keep: keep, maxBuffered: maxBuffered)
    }

    static func readMaxBuffered(_ reader: inout SettingsReader) -> ByteSize {
        reader.value(
            "max_buffered", .byteSize(.kibibytes(256)...(.gibibytes(1))), default: .mebibytes(8),
            "How much may wait to be written. What is over it is dropped and counted.")
    }
}
