import COpenSSL
import Glibc
import Settings

/// The files that a context is loaded from. Each is read once, so that what is loaded is what is compared later.
package final class TLSFiles {
    /// What files hold, by hashes.
    struct Snapshot: Sendable, Equatable {
        fileprivate var hashes: [String: [UInt8]?] = [:]
        fileprivate var contents: [String: Result<[UInt8], TLSError>] = [:]

        fileprivate init() {}

        /// Reads the same files again; `nil` when all hold what they held.
        init?(again former: Snapshot) {
            for path in former.hashes.keys { read(path) }
            if self == former { return nil }
        }

        @discardableResult
        fileprivate mutating func read(_ path: String) -> Result<[UInt8], TLSError> {
            if let known = contents[path] { return known }
            let result = TLSFiles.read(path)
            contents[path] = result
            hashes.updateValue((try? result.get()).map(TLSFiles.hash), forKey: path)
            return result
        }

        static func == (left: Snapshot, right: Snapshot) -> Bool { left.hashes == right.hashes }
    }

    private var taken: Snapshot

    /// The hashes of what was read, without the contents: private keys are not kept.
    var snapshot: Snapshot {
        var result = taken
        result.contents = [:]
        return result
    }

    /// The largest file that is read: 8 MiB.
    static let maxBytes = 8 << 20

    /// Reads files as they are asked for.
    package init() {
        taken = Snapshot()
    }

    /// Takes files that were read.
    init(_ snapshot: Snapshot) {
        taken = snapshot
    }

    /// What a file holds. This blocks.
    func contents(of path: String) throws(TLSError) -> [UInt8] {
        try taken.read(path).get()
    }

    /// What a private key is encrypted with. This blocks.
    func passphrase(_ source: Secret.Source) throws(TLSError) -> String {
        // Another passphrase in the same file is another content to be loaded.
        if case .file(let path) = source { _ = try contents(of: path) }
        do {
            return try source.reveal().get().revealed
        } catch {
            throw TLSError(.badPassphrase, "the passphrase cannot be read: \(error.message)")
        }
    }

    static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        sluice_tls_sha256(bytes, bytes.count, &result)
        return result
    }

    private static func read(_ path: String) -> Result<[UInt8], TLSError> {
        func failure(_ why: String) -> Result<[UInt8], TLSError> {
            .failure(TLSError(.unreadableFile, "cannot be read: \(why)", file: path))
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return failure(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &part, part.count)
            guard count >= 0 else { return failure(String(cString: strerror(errno))) }
            if count == 0 { return .success(bytes) }
            bytes += part[..<count]
            guard bytes.count <= maxBytes else { return failure("it is larger than \(maxBytes >> 20) MiB") }
        }
    }
}
