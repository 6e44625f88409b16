import Glibc

/// What keeps an access log from being made.
package struct AccessLogError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file that cannot be opened.
    package var path: String
    /// The system's number of the error (`errno`).
    package var code: Int32

    /// What cannot be done, and why.
    package var description: String {
        if code == ENXIO { return "cannot open the access log '\(path)': nobody reads from this pipe" }
        return "cannot open the access log '\(path)': \(String(cString: strerror(code)))"
    }
}
