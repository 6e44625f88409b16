/// What of a setting does not show in the dump, in a form that can only be compared: of a secret its value, of a file
/// its contents.
///
/// The fingerprint is keyed with a number of this process alone, and says nothing about what it was made of.
public struct HiddenValue: Sendable, Hashable {
    /// The keys and indices that lead to the setting, as `listeners[0].filters[1].password`.
    public var path: String
    private let fingerprint: Int

    /// A secret: what it is, and where it comes from.
    init(of secret: Secret, at path: String) {
        self.path = path
        var hasher = Hasher()
        hasher.combine(secret.source)
        hasher.combine(secret.revealed)
        fingerprint = hasher.finalize()
    }

    /// The contents of a file.
    init(ofFile file: String, in environment: SettingsEnvironment, at path: String) {
        self.path = path
        fingerprint = environment.fingerprint(ofFile: file)
    }
}

extension HiddenValue: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The path alone.
    public var description: String { "\(path): \(Secret.redacted)" }
    /// The path alone.
    public var debugDescription: String { description }
    /// The path alone.
    public var customMirror: Mirror { Mirror(self, children: ["path": path]) }
}
