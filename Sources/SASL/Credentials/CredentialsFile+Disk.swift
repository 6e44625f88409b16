import Settings

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension CredentialsFile {
    /// A change that could not be made.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        /// What is wrong.
        package let description: String

        init(_ description: String) {
            self.description = description
        }

        init(_ what: String, _ path: String) {
            description = "\(what) '\(path)': \(String(cString: strerror(errno)))"
        }
    }

    /// Reads the file at a path.
    ///
    /// - Throws: ``Failure`` if there is none or it cannot be read.
    package static func load(_ path: String) throws(Failure) -> CredentialTable {
        try table(try contents(path), path)
    }

    /// Changes the file at a path, as a whole or not at all: who reads it meanwhile sees the former or the new one. It
    /// can be read by its owner alone afterwards. Two changes at once are made one after the other.
    ///
    /// - Parameters:
    ///   - path: where it is; the target of a symbolic link is changed, the link stays.
    ///   - creates: whether it is made where there is none.
    ///   - change: gives the new contents; nil to leave the file as it is.
    /// - Returns: true if it was changed.
    /// - Throws: ``Failure`` if it cannot be read or written.
    @discardableResult
    package static func edit(
        _ path: String, creates: Bool, _ change: ([UInt8]) throws(Invalid) -> [UInt8]?
    ) throws(Failure) -> Bool {
        let target = resolved(path)
        let folder = target.lastIndex(of: "/").map { $0 == target.startIndex ? "/" : String(target[..<$0]) } ?? "."
        let lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw Failure("cannot open the folder", folder) }
        defer { close(lock) }
        guard flock(lock, LOCK_EX) == 0 else { throw Failure("cannot lock the folder", folder) }
        let exists = access(target, F_OK) == 0
        guard exists || creates else { throw Failure("there is no file '\(path)'") }
        let before = exists ? try contents(target) : Array(heading.utf8)
        let after: [UInt8]?
        do throws(Invalid) {
            after = try change(before)
        } catch {
            throw Failure("'\(path)' cannot be read: \(error)")
        }
        guard let after else { return false }
        try replace(target, with: after, folder: lock)
        return true
    }

    private static func replace(_ target: String, with bytes: [UInt8], folder: Int32) throws(Failure) {
        let temporary = "\(target).\(getpid()).new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("cannot write", temporary) }
        var isDone = false
        defer { if !isDone { unlink(temporary) } }
        var status = stat()
        if stat(target, &status) == 0, status.st_uid != geteuid() || status.st_gid != getegid() {
            // Whoever could read the file before can read it afterwards: the superuser may change another's file.
            _ = fchown(descriptor, status.st_uid, status.st_gid)
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else {
                let failure = Failure("cannot write", temporary)
                close(descriptor)
                throw failure
            }
            rest = rest.dropFirst(written)
        }
        let isSafe = fsync(descriptor) == 0
        guard close(descriptor) == 0, isSafe else { throw Failure("cannot write", temporary) }
        guard rename(temporary, target) == 0 else { throw Failure("cannot replace", target) }
        isDone = true
        _ = fsync(folder)
    }

    /// The path with symbolic links followed; as it is where there is nothing yet.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func contents(_ path: String) throws(Failure) -> [UInt8] {
        switch SettingsEnvironment.process.contents(path, maxSize) {
        case .success(let bytes): return bytes
        case .failure(let problem): throw Failure(problem.message)
        }
    }

    private static func table(_ bytes: [UInt8], _ path: String) throws(Failure) -> CredentialTable {
        do throws(Invalid) {
            return try read(bytes)
        } catch {
            throw Failure("'\(path)' cannot be read: \(error)")
        }
    }
}
