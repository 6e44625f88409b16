import Glibc

/// A file that is open for appending, and what is known of it.
struct OpenFile {
    let descriptor: Int32
    /// Its size in bytes, as far as it is known from what was written here.
    var size: Int
    /// True for a file on a disk; false for pipes and devices.
    let isRegular: Bool
    let disk: Disk
    /// Below this size it is not tried again to put it aside.
    private var rotatesFrom = 0

    /// After a rotation that failed, so many bytes pass before the next try.
    private static let rotationRetryBytes = 1 << 20

    static func standardOutput(_ disk: Disk) -> OpenFile {
        OpenFile(descriptor: STDOUT_FILENO, size: 0, isRegular: false, disk: disk)
    }

    private init(descriptor: Int32, size: Int, isRegular: Bool, disk: Disk) {
        self.descriptor = descriptor
        self.size = size
        self.isRegular = isRegular
        self.disk = disk
    }

    /// Opens a file, and makes it if it is not there; the name of a new one is on the disk then. A line that was left off
    /// in the middle is ended.
    init(path: String, purpose: String, disk: Disk = .system) throws(LineFileError) {
        // O_NONBLOCK: a pipe that nobody reads is an error, not a wait without end. The mode, as lines name people.
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else { throw LineFileError(purpose: purpose, path: path, code: errno) }
        var status = stat()
        let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        self.init(descriptor: descriptor, size: isRegular ? Int(status.st_size) : 0, isRegular: isRegular, disk: disk)
        if isRegular, size == 0, let code = disk.syncNames(around: path) {
            close()
            throw LineFileError(purpose: purpose, path: path, code: code)
        }
        guard isRegular, size > 0, Self.lastByte(of: path, at: size - 1) != UInt8(ascii: "\n") else { return }
        if Glibc.write(descriptor, "\n", 1) == 1 { size += 1 }
    }

    /// A line feed if it cannot be read.
    private static func lastByte(of path: String, at offset: Int) -> UInt8 {
        let reader = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard reader >= 0 else { return UInt8(ascii: "\n") }
        defer { Glibc.close(reader) }
        var byte = UInt8(ascii: "\n")
        _ = pread(reader, &byte, 1, off_t(offset))
        return byte
    }

    func close() {
        Glibc.close(descriptor)
    }

    /// Takes back the bytes that were written last.
    ///
    /// - Returns: false if that cannot be: the file is a pipe, or somebody else has written behind them.
    mutating func takeBack(_ count: Int) -> Bool {
        guard count > 0, isRegular else { return false }
        var status = stat()
        guard fstat(descriptor, &status) == 0, Int(status.st_size) == size, size >= count,
            ftruncate(descriptor, off_t(size - count)) == 0
        else { return false }
        size -= count
        return true
    }

    /// Waits until everything is on the disk.
    ///
    /// - Returns: the system's number of an error; nil if there is none.
    func sync() -> Int32? { disk.syncFile(descriptor) }

    /// True if the file is to be put aside before so many bytes are written.
    func isFull(_ rotation: FileRotation, before count: Int) -> Bool {
        isRegular && size > 0 && size + count > rotation.maxBytes && size >= rotatesFrom
    }

    /// Puts the file aside as `.1`, those before it as `.2` and so on, and opens a new one.
    ///
    /// - Throws: if that cannot be done; then the file that is open stays in use.
    mutating func rotate(path: String, keep: Int, purpose: String) throws(LineFileError) {
        rotatesFrom = size + Self.rotationRetryBytes
        for number in stride(from: keep - 1, to: 0, by: -1) where access("\(path).\(number)", F_OK) == 0 {
            guard rename("\(path).\(number)", "\(path).\(number + 1)") == 0 else {
                throw LineFileError(purpose: purpose, path: "\(path).\(number + 1)", code: errno)
            }
        }
        guard rename(path, "\(path).1") == 0 else {
            throw LineFileError(purpose: purpose, path: "\(path).1", code: errno)
        }
        let fresh = try OpenFile(path: path, purpose: purpose, disk: disk)
        close()
        self = fresh
    }
}
