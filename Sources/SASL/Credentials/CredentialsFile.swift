/// The text of a credentials file: one line a user, with salted verifiers and never a password.
///
/// ```
/// # a comment
/// alice SCRAM-SHA-256$8192$<salt>$<stored key>$<server key> SCRAM-SHA-512$8192$…$…$…
/// ```
///
/// Salt and keys are in base64. In a name, white space, `#`, `%` and control characters are written as `%20` and so on.
package enum CredentialsFile {
    /// The largest file that is read, in bytes: 100,000 users and more.
    package static let maxSize = 64 << 20
    /// How long the salts are that are made here, in bytes.
    package static let saltCount = 24

    /// A file that cannot be read.
    package struct Invalid: Error, Sendable, Hashable, CustomStringConvertible {
        /// The line at fault, from 1.
        package let line: Int
        /// What is wrong with it; nothing of what it holds.
        package let problem: String

        package var description: String { "line \(line): \(problem)" }
    }

    /// Reads a file.
    ///
    /// - Throws: ``Invalid`` for the first line that is neither empty, nor a comment, nor a user with verifiers, and
    /// for a
    ///   user that is there twice: a file that is right in part is not taken.
    package static func read(_ bytes: [UInt8]) throws(Invalid) -> CredentialTable {
        var users: [[UInt8]: [ScramVerifier]] = [:]
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            guard let (name, verifiers) = try user(line, number: index + 1) else { continue }
            guard users.updateValue(verifiers, forKey: name) == nil else {
                throw Invalid(line: index + 1, problem: "the user is there twice")
            }
        }
        return CredentialTable(users)
    }

    /// Reads a line; nil for one without a user.
    static func user(
        _ line: some Collection<UInt8>, number: Int
    ) throws(Invalid) -> (name: [UInt8], verifiers: [ScramVerifier])? {
        let fields = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
        guard let first = fields.first, first.first != UInt8(ascii: "#") else { return nil }
        guard let name = unescaped(first) else { throw Invalid(line: number, problem: "the name is not valid") }
        guard fields.count > 1 else { throw Invalid(line: number, problem: "the user has no verifier") }
        var verifiers: [ScramVerifier] = []
        for field in fields.dropFirst() {
            guard let verifier = verifier(Array(field)) else {
                throw Invalid(
                    line: number,
                    problem: "a verifier is written MECHANISM$iterations$salt$stored key$server key, in base64, with "
                        + "\(ScramVerifier.iterationRange.lowerBound) to \(ScramVerifier.iterationRange.upperBound) "
                        + "iterations")
            }
            guard !verifiers.contains(where: { $0.hash == verifier.hash }) else {
                throw Invalid(line: number, problem: "the user has two verifiers of one mechanism")
            }
            verifiers.append(verifier)
        }
        return (name, verifiers)
    }

    private static func verifier(_ field: [UInt8]) -> ScramVerifier? {
        let parts = field.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard parts.count == 5, let mechanism = SASLMechanism(rawValue: String(decoding: parts[0], as: UTF8.self)),
            let hash = mechanism.scramHash, let iterations = Int(String(decoding: parts[1], as: UTF8.self)),
            let salt = Base64.decode(parts[2]), let storedKey = Base64.decode(parts[3]),
            let serverKey = Base64.decode(parts[4])
        else { return nil }
        return ScramVerifier(
            hash: hash, salt: salt, iterations: iterations, storedKey: storedKey, serverKey: serverKey)
    }

    /// A line for a user, without the newline.
    package static func line(_ username: String, _ verifiers: [ScramVerifier]) -> String {
        let fields = verifiers.map { verifier in
            let mechanism = verifier.hash == .sha256 ? SASLMechanism.scramSHA256 : .scramSHA512
            return [
                mechanism.rawValue, String(verifier.iterations), Base64.encode(verifier.salt),
                Base64.encode(verifier.storedKey), Base64.encode(verifier.serverKey),
            ].joined(separator: "$")
        }
        return ([escaped(username)] + fields).joined(separator: " ")
    }

    /// The verifiers of a new password, for both mechanisms, each with a salt of its own. Slow by design.
    package static func verifiers(password: [UInt8], iterations: Int) -> [ScramVerifier] {
        [Hash.sha256, .sha512].map {
            ScramVerifier(hash: $0, password: password, salt: RandomBytes.make(saltCount), iterations: iterations)
        }
    }

    // MARK: Changing a file

    /// What stands at the top of a file that is made here.
    package static let heading = "# Salted verifiers, no passwords. To be changed with `sluice credentials`.\n"

    /// The text with a user's line in the place of the former one, or at the end. Everything else stays.
    package static func setting(
        _ username: String, _ verifiers: [ScramVerifier], in bytes: [UInt8]
    ) throws(Invalid) -> [UInt8] {
        let line = Array(line(username, verifiers).utf8)
        var (lines, place) = try lines(of: bytes, with: username)
        if let place {
            lines[place] = line
        } else {
            lines.append(line)
        }
        return joined(lines)
    }

    /// The text without a user's line; nil if there is none.
    package static func removing(_ username: String, in bytes: [UInt8]) throws(Invalid) -> [UInt8]? {
        var (lines, place) = try lines(of: bytes, with: username)
        guard let place else { return nil }
        lines.remove(at: place)
        return joined(lines)
    }

    private static func lines(of bytes: [UInt8], with username: String) throws(Invalid) -> ([[UInt8]], Int?) {
        _ = try read(bytes)
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let name = Array(username.utf8)
        var place: Int?
        for (index, line) in lines.enumerated() where try user(line, number: index + 1)?.name == name { place = index }
        return (lines, place)
    }

    private static func joined(_ lines: [[UInt8]]) -> [UInt8] {
        lines.flatMap { $0 + [UInt8(ascii: "\n")] }
    }

    // MARK: Names

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "#") && byte != UInt8(ascii: "%")
    }

    static func escaped(_ name: String) -> String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in name.utf8 {
            if isPlain(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func unescaped(_ field: some Collection<UInt8>) -> [UInt8]? {
        guard let bytes = Percent.decode(Array(field)), !bytes.isEmpty, bytes.count <= PlainMessage.longestName,
            !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil
        else { return nil }
        return bytes
    }
}

/// Bytes written as `%` and two hexadecimal digits.
enum Percent {
    /// Nil if a `%` is not followed by two digits.
    static func decode(_ field: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = field[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
