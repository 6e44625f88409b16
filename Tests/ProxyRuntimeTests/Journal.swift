import Synchronization

/// What happened, in order: fake filters write it, tests read it.
final class Journal: Sendable {
    private let lines = Mutex<[String]>([])

    /// All lines so far.
    var entries: [String] { lines.withLock { $0 } }

    /// Writes a line.
    func note(_ line: String) { lines.withLock { $0.append(line) } }

    /// Forgets all lines.
    func clear() { lines.withLock { $0 = [] } }
}
