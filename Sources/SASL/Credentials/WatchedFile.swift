package import Settings
import Synchronization

/// What a file says, read anew when the file has changed. What cannot be read does not take the place of what could.
package final class WatchedFile<Value: Sendable>: Sendable {
    /// What a look at the file has found.
    package enum Look: Sendable, Equatable {
        case unchanged
        /// The value is another one now.
        case changed
        /// The file has changed and cannot be read; the former value stays.
        case invalid(String)
    }

    private struct State {
        var value: Value
        var identity: FileIdentity?
        /// How often the file is still looked into, whatever the system says of it: times tell moments apart only so
        /// far.
        var looks: Int
        /// The contents that were read last, by their hash.
        var digest: [UInt8]
    }

    /// Where the file is.
    package let path: String
    private let maxSize: Int
    private let environment: SettingsEnvironment
    private let parse: @Sendable ([UInt8]) -> Result<Value, SettingProblem>
    private let state: Mutex<State>

    private static var secondLooks: Int { 2 }

    /// Reads a file. This blocks.
    ///
    /// - Parameters:
    ///   - path: where it is; symbolic links are followed at each look.
    ///   - maxSize: how large it may be, in bytes.
    ///   - environment: where files are read.
    ///   - parse: makes a value of its contents.
    /// - Throws: what is wrong with the file.
    package init(
        path: String, maxSize: Int, environment: SettingsEnvironment = .process,
        parse: @escaping @Sendable ([UInt8]) -> Result<Value, SettingProblem>
    ) throws(SettingProblem) {
        let identity = FileIdentity(path: path)
        let bytes = try environment.contents(path, maxSize).get()
        let value = try parse(bytes).get()
        self.path = path
        self.maxSize = maxSize
        self.environment = environment
        self.parse = parse
        state = Mutex(
            State(
                value: value, identity: identity, looks: Self.secondLooks, digest: Hash.sha256.digest(bytes)))
    }

    /// What the file said when it was last read.
    package var value: Value { state.withLock { $0.value } }

    /// Looks whether the file has changed, and reads it then. This blocks.
    package func look() -> Look {
        let now = FileIdentity(path: path)
        let isDue = state.withLock { state in
            if state.identity != now {
                state.identity = now
                state.looks = Self.secondLooks
                return true
            }
            guard state.looks > 0 else { return false }
            state.looks -= 1
            return true
        }
        guard isDue else { return .unchanged }
        let bytes: [UInt8]
        switch environment.contents(path, maxSize) {
        case .success(let contents): bytes = contents
        case .failure(let problem): return .invalid(problem.message)
        }
        let digest = Hash.sha256.digest(bytes)
        guard state.withLock({ $0.digest != digest }) else { return .unchanged }
        switch parse(bytes) {
        case .success(let value):
            state.withLock { state in
                state.value = value
                state.digest = digest
            }
            return .changed
        case .failure(let problem): return .invalid(problem.message)
        }
    }
}

extension WatchedFile<CredentialTable> {
    /// A credentials file.
    package static func credentials(
        _ path: String, environment: SettingsEnvironment = .process
    ) throws(SettingProblem) -> WatchedFile {
        try WatchedFile(path: path, maxSize: CredentialsFile.maxSize, environment: environment) { bytes in
            do throws(CredentialsFile.Invalid) {
                return .success(try CredentialsFile.read(bytes))
            } catch {
                return .failure(SettingProblem("'\(path)' cannot be read: \(error)"))
            }
        }
    }
}

extension WatchedFile<JSONWebKeySet> {
    /// A file with a key set.
    package static func keySet(
        _ path: String, environment: SettingsEnvironment = .process
    ) throws(SettingProblem) -> WatchedFile {
        try WatchedFile(path: path, maxSize: JSONWebKeySet.maxSize, environment: environment) { bytes in
            do throws(SASLFailure) {
                return .success(try JSONWebKeySet(reading: bytes))
            } catch {
                return .failure(SettingProblem("'\(path)' cannot be read: \(error.message)"))
            }
        }
    }
}
