import NIOConcurrencyHelpers
import NIOCore

/// The schemas of a registry, for all event loops.
///
/// Its lock is taken when a schema is looked for that a loop does not know yet; what a loop knows is in its
/// ``TopicSchemas``, which the data path reads without one.
package final class SchemaRegistry: Sendable {
    private let options: RegistryOptions
    private let compilation: RegisteredSchema.Options
    private let transport: any RegistryTransport
    private let table: NIOLockedValueBox<RegistryTable<EventLoopPromise<RegisteredSchema>>>

    /// What is found at once, or later.
    enum Finding {
        case schema(RegisteredSchema)
        case failure(RegistryFailure, until: NIODeadline)
        case pending(EventLoopFuture<RegisteredSchema>)
    }

    /// A registry.
    ///
    /// - Parameters:
    ///   - options: What it is, and how much is asked of it.
    ///   - compilation: How strict its schemas' validators are.
    ///   - transport: What asks it.
    package init(
        options: RegistryOptions, compilation: RegisteredSchema.Options, transport: any RegistryTransport
    ) {
        self.options = options
        var compilation = compilation
        if options.kind == .confluent { compilation.takesBareBytes = true }
        self.compilation = compilation
        self.transport = transport
        table = NIOLockedValueBox(RegistryTable(options: options))
    }

    /// Whose API it has.
    var kind: RegistryOptions.Kind { options.kind }
    /// How long it is remembered that a schema is not one for a topic.
    var failureLifetime: TimeAmount { options.failureLifetime }

    /// How many schemas are kept.
    package var count: Int { table.withLockedValue { $0.count } }

    /// Looks for a schema, and asks the registry if it is not known. Many who look for one schema ask once.
    ///
    /// - Parameters:
    ///   - reference: Which schema.
    ///   - asker: Who asks: a connection. If there is much to ask, askers take turns.
    ///   - eventLoop: On which loop an answer is to come.
    ///   - now: The time.
    ///   - isCurrent: False if a known schema does not do, which a newer answer may.
    /// - Returns: The schema or why there is none, now or later.
    func find(
        _ reference: SchemaReference, for asker: ObjectIdentifier?, on eventLoop: any EventLoop, now: NIODeadline,
        isCurrent: (RegisteredSchema) -> Bool
    ) -> Finding {
        let promise = eventLoop.makePromise(of: RegisteredSchema.self)
        let finding = table.withLockedValue {
            $0.find(reference, now: now, waiter: promise, asker: asker, isCurrent: isCurrent)
        }
        switch finding {
        case .schema(let schema):
            promise.succeed(schema)
            return .schema(schema)
        case .failure(let failure, let until):
            promise.fail(failure)
            return .failure(failure, until: until)
        case .waiting(let dropped):
            guard !dropped.isEmpty else { break }
            // Not at once, since who is told may be called from within what asks here.
            eventLoop.execute {
                for waiter in dropped {
                    waiter.fail(RegistryFailure(.busy, "too many schemas are to be asked for"))
                }
            }
        case .fetch(let number): begin(reference, number, on: eventLoop)
        }
        return .pending(promise.futureResult)
    }

    /// A fetch that is under way.
    private struct Run: Sendable {
        let reference: SchemaReference
        let number: UInt64
        let eventLoop: any EventLoop
        /// Gives it up.
        let deadline: Scheduled<Void>
    }

    private func begin(_ reference: SchemaReference, _ number: UInt64, on eventLoop: any EventLoop) {
        let deadline = eventLoop.scheduleTask(in: options.fetchTimeout) {
            self.finish(
                reference, number, .failure(.init(.unavailable, "the registry does not answer in time")),
                on: eventLoop)
        }
        let run = Run(reference: reference, number: number, eventLoop: eventLoop, deadline: deadline)
        let fetch = SchemaFetch(reference, options: options)
        do throws(RegistryFailure) {
            follow(try fetch.begin(), of: fetch, run)
        } catch {
            finish(run, .failure(error))
        }
    }

    private func follow(_ step: SchemaFetch.Step, of fetch: SchemaFetch, _ run: Run) {
        switch step {
        case .get(let path, let delay):
            guard delay > .zero else {
                ask(path, of: fetch, run)
                return
            }
            run.eventLoop.scheduleTask(in: delay) { self.ask(path, of: fetch, run) }
        case .finished(let fetched):
            do throws(RegistryFailure) {
                finish(run, .success(try RegisteredSchema(fetched, options: compilation)))
            } catch {
                finish(run, .failure(error))
            }
        }
    }

    private func ask(_ path: String, of fetch: SchemaFetch, _ run: Run) {
        guard table.withLockedValue({ $0.isUnderWay(run.reference, run.number) }) else { return }
        transport.get(path, headers: options.headers, on: run.eventLoop).whenComplete { result in
            var fetch = fetch
            do throws(RegistryFailure) {
                let step = try fetch.take(try? result.get())
                self.follow(step, of: fetch, run)
            } catch {
                self.finish(run, .failure(error))
            }
        }
    }

    private func finish(_ run: Run, _ result: Result<RegisteredSchema, RegistryFailure>) {
        run.deadline.cancel()
        finish(run.reference, run.number, result, on: run.eventLoop)
    }

    private func finish(
        _ reference: SchemaReference, _ number: UInt64, _ result: Result<RegisteredSchema, RegistryFailure>,
        on eventLoop: any EventLoop
    ) {
        let now = NIODeadline.now()
        let (waiters, next) = table.withLockedValue { $0.finish(reference, number, result, now: now) }
        // Not at once, since what ends at once would be called from within what it follows.
        if let next { eventLoop.execute { self.begin(next.reference, next.number, on: eventLoop) } }
        for waiter in waiters {
            switch result {
            case .success(let schema): waiter.succeed(schema)
            case .failure(let failure): waiter.fail(failure)
            }
        }
    }
}
