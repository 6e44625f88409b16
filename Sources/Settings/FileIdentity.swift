import Glibc

/// What the system says of a file, symbolic links followed: another file in its place, or another content, has another.
///
/// Two versions that were written in place within the resolution of the system's clock (some milliseconds) may have the
/// same, if they are of the same size.
public struct FileIdentity: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let bytes: Int64
    private let modified: [Int]

    /// Asks for the identity of the file at a path; `nil` when there is none, or it may not be asked for. This blocks.
    public init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        bytes = Int64(status.st_size)
        // As bytes: which module owns the fields of a time differs between builds for debugging and for release.
        let times = withUnsafeBytes(of: (status.st_mtim, status.st_ctim)) { Array($0.bindMemory(to: Int.self)) }
        modified = times
    }
}
