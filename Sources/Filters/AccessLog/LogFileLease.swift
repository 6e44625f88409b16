import Glibc
import Logging
import Synchronization

/// A share in a file that is being logged to. All that log to the same path share one ``LogFile``, which ends with the
/// last share.
final class LogFileLease: Sendable {
    let file: LogFile
    private let key: String

    private struct Entry {
        var file: LogFile
        var leases: Int
    }

    /// The files of this process. There is one of each, whoever asks: listeners, and chains old and new.
    private static let entries = Mutex<[String: Entry]>([:])

    /// Takes a share, and opens the file if nobody has.
    ///
    /// - Parameters:
    ///   - path: the file; nil for standard output.
    ///   - logger: where failures of the file are logged.
    /// - Throws: if the file cannot be opened.
    init(path: String?, logger: Logger) throws(AccessLogError) {
        let key = path.map(Self.canonical) ?? ""
        file = try Self.entries.withLock { entries throws(AccessLogError) in
            if let known = entries[key] {
                entries[key]?.leases += 1
                return known.file
            }
            let file = try LogFile(path: path, logger: logger)
            entries[key] = Entry(file: file, leases: 1)
            return file
        }
        self.key = key
    }

    deinit {
        let isLast = Self.entries.withLock { entries in
            entries[key]?.leases -= 1
            guard entries[key]?.leases == 0 else { return false }
            entries[key] = nil
            return true
        }
        if isLast { file.end() }
    }

    /// The path with its folder's own name, so that one file is not taken for two.
    private static func canonical(_ path: String) -> String {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[...$0]) } ?? "."
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        guard let resolved = realpath(folder, nil) else { return path }
        defer { free(resolved) }
        return "\(String(cString: resolved))/\(name)"
    }
}
