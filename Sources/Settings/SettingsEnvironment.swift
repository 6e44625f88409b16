#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What settings read from outside their file: variables of the environment, and files.
///
/// Tests give their own, so that they need neither.
public struct SettingsEnvironment: Sendable {
    /// The value of a variable; `nil` when it is not set.
    public var variable: @Sendable (_ name: String) -> String?
    /// The bytes of the file at a path; an error when it cannot be read or is longer than `maxBytes`.
    public var contents: @Sendable (_ path: String, _ maxBytes: Int) -> Result<[UInt8], SettingProblem>
    /// Whether something can be read at a path.
    public var isReadable: @Sendable (_ path: String) -> Bool

    /// Makes an environment.
    public init(
        variable: @escaping @Sendable (_ name: String) -> String?,
        contents: @escaping @Sendable (_ path: String, _ maxBytes: Int) -> Result<[UInt8], SettingProblem>,
        isReadable: @escaping @Sendable (_ path: String) -> Bool
    ) {
        self.variable = variable
        self.contents = contents
        self.isReadable = isReadable
    }

    /// The environment and the files of this process.
    public static let process = SettingsEnvironment(
        variable: { name in
            guard let value = getenv(name) else { return nil }
            return String(cString: value)
        },
        contents: { path, maxBytes in readFile(path, maxBytes: maxBytes) },
        isReadable: { path in access(path, R_OK) == 0 }
    )

    /// A value that is another one when the file has other contents. Large files are not read: of those, time and size
    /// count.
    func fingerprint(ofFile path: String) -> Int {
        var hasher = Hasher()
        if case .success(let bytes) = contents(path, Self.mostFingerprintedBytes) {
            hasher.combine(bytes)
        } else {
            hasher.combine(FileIdentity(path: path))
        }
        return hasher.finalize()
    }

    /// The largest file that is read to see whether it has changed, in bytes.
    private static let mostFingerprintedBytes = 1 << 20

    private static func readFile(_ path: String, maxBytes: Int) -> Result<[UInt8], SettingProblem> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(systemProblem(path)) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        let chunkBytes = 64 * 1024
        while true {
            var failed = false
            let chunk = [UInt8](unsafeUninitializedCapacity: chunkBytes) { buffer, count in
                let got = read(descriptor, buffer.baseAddress, chunkBytes)
                failed = got < 0
                count = max(0, got)
            }
            if failed {
                if errno == EINTR { continue }
                return .failure(systemProblem(path))
            }
            if chunk.isEmpty { return .success(bytes) }
            bytes += chunk
            guard bytes.count <= maxBytes else {
                let limit = ByteSize(bytes: maxBytes)
                return .failure(SettingProblem("'\(path)' is larger than \(limit)"))
            }
        }
    }

    private static func systemProblem(_ path: String) -> SettingProblem {
        SettingProblem("cannot read '\(path)': \(String(cString: strerror(errno)))")
    }
}
