import FilterAPI
import Synchronization

/// The filters of all chains, old and new: what is to be told to all of them, and when each is shut down.
///
/// A chain is taken up by connections one by one, and left by them one by one: a filter has come to its end when the last
/// chain that has it is gone, wherever that is.
final class FiltersInUse: Sendable {
    private struct State {
        var last: UInt64 = 0
        var inUse: [UInt64: any Filter] = [:]
    }

    private let state = Mutex(State())
    /// Filters that are being shut down.
    private let ending = BackgroundTasks()

    /// Takes a filter into use.
    ///
    /// - Returns: what holds it there: with the last copy, the filter is shut down.
    func lease(_ filter: any Filter) -> FilterLease {
        state.withLock { state in
            state.last += 1
            state.inUse[state.last] = filter
            return FilterLease(number: state.last, of: self)
        }
    }

    /// Begins to shut a filter down whose lease is gone; nothing if that was done by ``shutDown()``.
    fileprivate func ended(_ number: UInt64) {
        guard let filter = state.withLock({ $0.inUse.removeValue(forKey: number) }) else { return }
        ending.start { await filter.shutDown() }
    }

    /// Opens files anew that filters write to.
    func reopenFiles() {
        for filter in state.withLock({ Array($0.inUse.values) }) { filter.reopenFiles() }
    }

    /// Ends what filters show live, so that nobody waits for more of it.
    func endStreams() {
        for filter in state.withLock({ Array($0.inUse.values) }) { filter.stream?.end() }
    }

    /// Waits for the filters that are being shut down at this moment.
    func waitForEnding() async {
        await ending.wait()
    }

    /// Shuts all filters down and waits for that, also where it was under way; those that are still in a chain are told
    /// nothing when the chain goes.
    func shutDown() async {
        let left = state.withLock { state in
            defer { state.inUse = [:] }
            return Array(state.inUse.values)
        }
        for filter in left { await filter.shutDown() }
        await waitForEnding()
    }
}

/// Keeps a filter in use as long as there is a chain with it.
package final class FilterLease: Sendable {
    private let number: UInt64
    private let filters: FiltersInUse

    fileprivate init(number: UInt64, of filters: FiltersInUse) {
        self.number = number
        self.filters = filters
    }

    deinit {
        filters.ended(number)
    }
}
