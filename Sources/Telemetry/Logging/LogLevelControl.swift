public import Logging
import Synchronization

/// The level of all loggers that have none of their own, changeable while the proxy runs.
public final class LogLevelControl: Sendable {
    private let index: Atomic<Int>

    /// Makes a control.
    ///
    /// - Parameter level: the level to begin with.
    public init(_ level: Logger.Level = .info) {
        index = Atomic(Self.index(of: level))
    }

    /// The level; loggers follow it at once.
    public var level: Logger.Level {
        get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
        set { index.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    private static func index(of level: Logger.Level) -> Int {
        Logger.Level.allCases.firstIndex(of: level) ?? 0
    }
}
