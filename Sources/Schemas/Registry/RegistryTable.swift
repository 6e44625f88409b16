import NIOCore

/// What is known of a registry's schemas, and what is being asked. Knows no transport, and no time but what it is told.
struct RegistryTable<Waiter: Sendable>: Sendable {
    /// What a schema's reference leads to.
    enum Finding {
        case schema(RegisteredSchema)
        case failure(RegistryFailure, until: NIODeadline)
        /// It is asked for already, or will be: the waiter will be told. Others that have lost their place for it are to be
        /// told that there is too much to ask.
        case waiting(dropped: [Waiter])
        /// It is to be asked for by who asked here, under this number: the waiter will be told.
        case fetch(UInt64)
    }

    private struct Entry: Sendable {
        let schema: RegisteredSchema
        let since: NIODeadline
        var used: UInt64
    }

    private struct Failure: Sendable {
        let failure: RegistryFailure
        let until: NIODeadline
    }

    private let maxSchemas: Int
    private let maxFailures: Int
    private let maxFetches: Int
    private let failureLifetime: TimeAmount
    private let outageLifetime: TimeAmount
    private var schemas: [SchemaReference: Entry] = [:]
    private var failures: [SchemaReference: Failure] = [:]
    /// Who waits for what is being asked for, and for what is in the queue.
    private var waiters: [SchemaReference: [Waiter]] = [:]
    private var queue: FetchQueue
    /// The numbers of the fetches that are under way.
    private var fetches: [SchemaReference: UInt64] = [:]
    private var fetchNumber: UInt64 = 0
    private var clock: UInt64 = 0

    init(options: RegistryOptions) {
        maxSchemas = max(1, options.maxSchemas)
        maxFailures = max(1, options.maxFailures)
        maxFetches = max(1, options.maxFetches)
        queue = FetchQueue(capacity: max(0, options.maxWaiting))
        failureLifetime = options.failureLifetime
        outageLifetime = options.outageLifetime
    }

    /// How many schemas are known.
    var count: Int { schemas.count }

    /// Looks for a schema.
    ///
    /// - Parameters:
    ///   - reference: Which.
    ///   - now: The time.
    ///   - waiter: Who is to be told, if it is not known.
    ///   - asker: Whose line it waits in, if so many are being asked for that no more are.
    ///   - isCurrent: False for a schema that does not do, though it is there: if it was fetched before failures are
    ///     forgotten, it is fetched anew, since its subjects may be others now.
    /// - Returns: What is known, or who is asked.
    mutating func find(
        _ reference: SchemaReference, now: NIODeadline, waiter: Waiter, asker: FetchQueue.Asker,
        isCurrent: (RegisteredSchema) -> Bool
    ) -> Finding {
        clock += 1
        if let entry = schemas[reference] {
            if isCurrent(entry.schema) || now < entry.since + failureLifetime {
                schemas[reference]?.used = clock
                return .schema(entry.schema)
            }
        }
        if let failure = failures[reference], now < failure.until {
            return .failure(failure.failure, until: failure.until)
        }
        if waiters[reference] != nil {
            waiters[reference]?.append(waiter)
            // It may be far back in somebody else's line.
            return .waiting(dropped: queue.contains(reference) ? drop(queue.append(reference, by: asker).dropped) : [])
        }
        guard fetches.count >= maxFetches else {
            waiters[reference] = [waiter]
            return .fetch(begin(reference))
        }
        let place = queue.append(reference, by: asker)
        guard place.isIn else {
            return .failure(.init(.busy, "too many schemas are to be asked for"), until: now)
        }
        waiters[reference] = [waiter]
        return .waiting(dropped: drop(place.dropped))
    }

    private mutating func begin(_ reference: SchemaReference) -> UInt64 {
        fetchNumber += 1
        fetches[reference] = fetchNumber
        return fetchNumber
    }

    /// True unless the fetch of this number is finished, or was given up.
    func isUnderWay(_ reference: SchemaReference, _ number: UInt64) -> Bool { fetches[reference] == number }

    private mutating func drop(_ reference: SchemaReference?) -> [Waiter] {
        reference.flatMap { waiters.removeValue(forKey: $0) } ?? []
    }

    /// Takes what a fetch has brought, unless it is no longer under way.
    ///
    /// - Returns: who waits for it, and what is to be asked for next in its place, under which number.
    mutating func finish(
        _ reference: SchemaReference, _ number: UInt64, _ result: Result<RegisteredSchema, RegistryFailure>,
        now: NIODeadline
    ) -> (waiters: [Waiter], next: (reference: SchemaReference, number: UInt64)?) {
        guard isUnderWay(reference, number) else { return ([], nil) }
        fetches[reference] = nil
        switch result {
        case .success(let schema):
            failures[reference] = nil
            if schemas[reference] == nil, schemas.count >= maxSchemas,
                let oldest = schemas.min(by: { $0.value.used < $1.value.used })
            {
                schemas[oldest.key] = nil
            }
            schemas[reference] = Entry(schema: schema, since: now, used: clock)
        case .failure(let failure):
            let isOutage = failure.reason == .unavailable || failure.reason == .busy
            if failures[reference] == nil, failures.count >= maxFailures {
                failures = failures.filter { now < $0.value.until }
                if failures.count >= maxFailures, let first = failures.min(by: { $0.value.until < $1.value.until }) {
                    failures[first.key] = nil
                }
            }
            // An outage does not take away what is known.
            failures[reference] = Failure(
                failure: failure, until: now + (isOutage ? outageLifetime : failureLifetime))
        }
        let told = waiters.removeValue(forKey: reference) ?? []
        return (told, queue.next().map { ($0, begin($0)) })
    }
}
