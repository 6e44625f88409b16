import Synchronization

/// A context that follows its files: certificates, keys, CAs and lists of revoked certificates.
///
/// What has changed is loaded as a whole, and taken for new connections when all of it holds; connections that are open
/// keep what they began with. A set that does not hold (a key that does not belong to its certificate, half of a file) is
/// refused, and what was there stays. Files are told apart by what they hold, so it does not matter how they are replaced:
/// written in place, renamed, or by a symbolic link to another folder, as Kubernetes does it.
package final class TLSContextSource<Context: TLSContext>: Sendable {
    /// What a look at the files has found.
    package enum Refresh: Sendable, Hashable {
        /// They hold what they held.
        case unchanged
        /// A new context was loaded.
        case replaced
        /// They hold something else that cannot be used; the former context stays.
        case refused(TLSError)
    }

    /// What there is to know about a source.
    package struct State: Sendable {
        /// The certificates in use.
        package var certificates: [LoadedCertificate]
        /// What is not wrong but should be known.
        package var warnings: [String]
        /// Why the files as they are now are not used; `nil` when they are.
        package var lastError: TLSError?
        /// How often a new context was loaded, without the first.
        package var reloadsSucceeded: Int
        /// How often one was refused: once for each content of the files.
        package var reloadsFailed: Int

        /// The first time at which one of the certificates shown expires, in seconds since 1970.
        package var earliestExpiry: Int64? {
            certificates.filter { $0.role != .ca }.map(\.description.notAfter).min()
        }
    }

    private struct Guarded {
        var context: Context
        var seen: TLSFiles.Snapshot
        var state: State
    }

    /// What it is loaded from.
    package let settings: Context.Settings
    private let guarded: Mutex<Guarded>
    private let refreshing = Mutex<Void>(())

    /// Loads the files. This blocks.
    ///
    /// - Throws: what is wrong with them.
    package init(_ settings: Context.Settings) throws(TLSError) {
        let files = TLSFiles()
        let context = try Context(loading: settings, from: files, replacing: nil)
        self.settings = settings
        let state = State(
            certificates: context.certificates, warnings: context.warnings, reloadsSucceeded: 0, reloadsFailed: 0)
        guarded = Mutex(Guarded(context: context, seen: files.snapshot, state: state))
    }

    /// The context for new connections. The lock is held for the copy of a reference.
    package var current: Context { guarded.withLock { $0.context } }

    /// The certificates in use, the last error, and counts.
    package var state: State { guarded.withLock { $0.state } }

    /// Looks at the files, and loads them if they hold something else. This blocks, so never call it on an event loop;
    /// a second caller waits.
    package func refresh() -> Refresh {
        refreshing.withLock { _ in load() }
    }

    private func load() -> Refresh {
        let (previous, seen) = guarded.withLock { ($0.context, $0.seen) }
        guard let now = TLSFiles.Snapshot(again: seen) else { return .unchanged }
        let files = TLSFiles(now)
        do throws(TLSError) {
            let context = try Context(loading: settings, from: files, replacing: previous)
            guarded.withLock { guarded in
                guarded.context = context
                guarded.seen = files.snapshot
                guarded.state.certificates = context.certificates
                guarded.state.warnings = context.warnings
                guarded.state.lastError = nil
                guarded.state.reloadsSucceeded += 1
            }
            return .replaced
        } catch {
            guarded.withLock { guarded in
                guarded.seen = files.snapshot
                guarded.state.lastError = error
                guarded.state.reloadsFailed += 1
            }
            return .refused(error)
        }
    }
}

/// A server's context that follows its files.
package typealias TLSServerSource = TLSContextSource<TLSServerContext>
/// A client's context that follows its files.
package typealias TLSClientSource = TLSContextSource<TLSClientContext>
