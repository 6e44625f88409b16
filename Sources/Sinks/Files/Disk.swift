import Glibc

/// The system calls by which lines come to a disk, so that tests can see them.
package struct Disk: Sendable {
    /// As `write(2)`: the descriptor, the bytes and their number.
    var write: @Sendable (Int32, UnsafeRawPointer?, Int) -> Int
    /// As `fdatasync(2)`, of a file.
    var sync: @Sendable (Int32) -> Int32
    /// As `fsync(2)`, of a folder.
    var syncFolder: @Sendable (Int32) -> Int32

    /// The system's.
    package static let system = Disk(
        write: { Glibc.write($0, $1, $2) }, sync: { fdatasync($0) }, syncFolder: { fsync($0) })

    /// Waits until a file is on the disk. A pipe or a device has none, and is as durable as it gets.
    ///
    /// - Returns: the system's number of an error; nil if there is none.
    func syncFile(_ descriptor: Int32) -> Int32? {
        Self.untilDone { sync(descriptor) }
    }

    /// Waits until the names in the folder of a file are on the disk: without that, a new file may be gone after a loss of
    /// power, whatever was synced of it. A folder that may not be read cannot be synced, and is left to the system.
    ///
    /// - Returns: the system's number of an error; nil if there is none.
    func syncNames(around path: String) -> Int32? {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == EACCES ? nil : errno }
        defer { close(descriptor) }
        return Self.untilDone { syncFolder(descriptor) }
    }

    private static func untilDone(_ call: () -> Int32) -> Int32? {
        while call() != 0 {
            if errno == EINTR { continue }
            return errno == EINVAL || errno == EROFS ? nil : errno
        }
        return nil
    }
}
