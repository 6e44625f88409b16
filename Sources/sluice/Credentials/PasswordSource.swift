import ArgumentParser
import Glibc
import SASL
import Settings

/// Where a command gets a password from: never from its arguments, which everybody on the machine can read.
struct PasswordSource: ParsableArguments {
    @Option(
        name: .customLong("password-file"), help: "The file that holds the password; its last newline does not count.")
    var passwordFile: String?

    /// Reads the password.
    ///
    /// - Parameter confirming: whether it is asked for twice on a terminal.
    /// - Returns: its bytes.
    /// - Throws: a validation error if it is empty, too long, has a NUL in it or is not UTF-8.
    func read(confirming: Bool) throws -> [UInt8] {
        var bytes: [UInt8]
        if let passwordFile {
            switch SettingsEnvironment.process.contents(passwordFile, PlainMessage.longestPassword + 2) {
            case .success(let contents): bytes = contents
            case .failure(let problem): throw ValidationError(problem.message)
            }
        } else if isatty(STDIN_FILENO) == 1 {
            bytes = try ask("Password:")
            if confirming, try ask("Once more:") != bytes { throw ValidationError("the two passwords differ") }
        } else {
            bytes = Array((readLine(strippingNewline: true) ?? "").utf8)
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw ValidationError("the password is empty") }
        guard bytes.count <= PlainMessage.longestPassword, !bytes.contains(0),
            String(validating: bytes, as: UTF8.self) != nil
        else {
            throw ValidationError("a password is UTF-8 without NUL, at most \(PlainMessage.longestPassword) bytes")
        }
        return bytes
    }

    /// Asks on the terminal, without showing what is typed.
    private func ask(_ prompt: String) throws -> [UInt8] {
        StandardError.print(prompt)
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { throw ValidationError("the terminal cannot be used") }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) }
        return Array((readLine(strippingNewline: true) ?? "").utf8)
    }
}
