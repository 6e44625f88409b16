/// How long an address waits for the answer to a failed sign-in: longer with each failure, as brokers do with a fixed
/// time.
///
/// Each failure costs its address a place for as long as the answer is held back, whether the client waits for it or
/// goes away. Once an address has no place left, it is refused unheard: so guesses are as slow as the delay, however
/// many connections they come on. Who signs in rightly does not wait, and does not make up for failures either: else a
/// client with one password could guess others at leisure.
package struct FailureDelays: Sendable {
    /// The settings.
    package struct Settings: Sendable, Hashable {
        /// After the first failure. Default 100 ms, as brokers have it.
        package var first: Duration
        /// After many: the delay doubles up to it. Default 10 s.
        package var longest: Duration
        /// How many answers are held back for one address. Default 16.
        package var places: Int
        /// How many addresses are remembered. Default 10,000.
        package var addresses: Int

        package init(
            first: Duration = .milliseconds(100), longest: Duration = .seconds(10), places: Int = 16,
            addresses: Int = 10_000
        ) {
            self.first = first
            self.longest = longest
            self.places = places
            self.addresses = addresses
        }
    }

    private struct Entry {
        var failures = 0
        /// When each answer that is held back leaves.
        var ends: [Duration] = []
        /// When all is forgotten.
        var forgottenAt = Duration.zero
    }

    private let settings: Settings
    private var entries: [String: Entry] = [:]

    /// A table without failures. All times are counted from a moment that the caller chooses.
    package init(_ settings: Settings = Settings()) {
        self.settings = settings
    }

    /// How many addresses are remembered.
    package var count: Int { entries.count }

    /// True if an address may try.
    package mutating func admits(_ address: String, now: Duration) -> Bool {
        guard var entry = entries[address] else { return true }
        entry.ends.removeAll { $0 <= now }
        if entry.ends.isEmpty, entry.forgottenAt <= now {
            entries[address] = nil
            return true
        }
        entries[address] = entry
        return entry.ends.count < settings.places
    }

    /// Notes a failure.
    ///
    /// - Returns: for how long the answer is to be held back.
    package mutating func failed(_ address: String, now: Duration) -> Duration {
        if entries[address] == nil, entries.count >= settings.addresses { makeRoom(now: now) }
        var entry = entries[address] ?? Entry()
        if entry.forgottenAt <= now { entry.failures = 0 }
        entry.failures = min(entry.failures + 1, 64)
        var delay = settings.first
        for _ in 0..<entry.failures - 1 where delay < settings.longest { delay *= 2 }
        delay = min(delay, settings.longest)
        entry.ends.removeAll { $0 <= now }
        entry.ends.append(now + delay)
        // Good behaviour for ten times the longest delay makes up for the failures.
        entry.forgottenAt = now + delay + settings.longest * 10
        entries[address] = entry
        return delay
    }

    /// Forgets what may be forgotten; if that is nothing, the tenth that would be forgotten first.
    private mutating func makeRoom(now: Duration) {
        entries = entries.filter { $0.value.forgottenAt > now }
        guard entries.count >= settings.addresses else { return }
        let oldest = entries.sorted { $0.value.forgottenAt < $1.value.forgottenAt }.prefix(max(1, entries.count / 10))
        for (address, _) in oldest { entries[address] = nil }
    }
}
