import Glibc

/// What keeps a file of lines from being opened.
package struct LineFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the file is for: `access log`.
    package var purpose: String
    /// The file that cannot be opened.
    package var path: String
    /// The system's number of the error (`errno`).
    package var code: Int32

    /// What cannot be done, and why.
    package var description: String {
        if code == ENXIO { return "cannot open the \(purpose) '\(path)': nobody reads from this pipe" }
        return "cannot open the \(purpose) '\(path)': \(String(cString: strerror(code)))"
    }
}
