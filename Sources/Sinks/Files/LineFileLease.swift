import Glibc
package import Logging
import Synchronization

/// A share in a file that lines are written to. All that write to the same path share one ``LineFile``, which ends with
/// the last share.
package final class LineFileLease: Sendable {
    /// The file.
    package let file: LineFile
    private let key: String
    private let number: UInt64

    private struct Entry {
        var file: LineFile
        var leases: Int
    }

    /// The files of this process. There is one of each, whoever asks: listeners, and chains old and new.
    private static let entries = Mutex<[String: Entry]>([:])

    /// Takes a share, and opens the file if nobody has.
    ///
    /// - Parameters:
    ///   - path: the file; nil for standard output.
    ///   - purpose: what it is for: `access log`.
    ///   - rotation: when it is put aside; nil if this share does not care. Of several that do, the latest is asked.
    ///   - logger: where failures of the file are logged.
    ///   - disk: the system's; tests watch it.
    /// - Throws: if the file cannot be opened.
    package init(
        path: String?, purpose: String, rotation: FileRotation? = nil, logger: Logger, disk: Disk = .system
    ) throws(LineFileError) {
        let key = path.map(Self.canonical) ?? ""
        file = try Self.entries.withLock { entries throws(LineFileError) in
            if let known = entries[key] {
                entries[key]?.leases += 1
                return known.file
            }
            let file = try LineFile(path: path, purpose: purpose, logger: logger, disk: disk)
            entries[key] = Entry(file: file, leases: 1)
            return file
        }
        self.key = key
        number = Self.numbers.add(1, ordering: .relaxed).newValue
        if let rotation { file.add(rotation, of: number) }
    }

    private static let numbers = Atomic<UInt64>(0)

    deinit {
        file.removeRotation(of: number)
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
