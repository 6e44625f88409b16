/// Checks the bytes of records against a schema or a format.
///
/// A validator is compiled once and never changes, so all event loops use the same one; what it needs to write to while
/// it works is in a ``ValidationScratch``, of which each loop has its own.
package protocol RecordValidator: Sendable {
    /// Checks a record's bytes (without any framing), in bounded time and memory, whatever they are.
    ///
    /// - Parameters:
    ///   - bytes: The record's bytes; none of them are kept.
    ///   - scratch: The event loop's scratch.
    /// - Returns: The first violation, or nil if there is none.
    func validate(_ bytes: RawSpan, scratch: ValidationScratch) -> SchemaViolation?
}

/// What validators write to while they work: parsers' buffers, stacks. Each event loop has one, for all its validators.
///
/// It is not `Sendable`, which keeps it on its loop.
package final class ValidationScratch {
    /// How many steps validators may take; nil if each record may take what the validator was compiled for.
    package var steps: StepBudget?
    private var states: [(type: ObjectIdentifier, state: any ScratchState)] = []

    /// An empty scratch; what is needed is made when it is first asked for.
    package init() {}

    /// The state of a kind of validator: the same object each time.
    package func state<State: ScratchState>(_ type: State.Type = State.self) -> State {
        let wanted = ObjectIdentifier(type)
        for entry in states where entry.type == wanted {
            // The entry was made below, with an object of this type.
            return unsafeDowncast(entry.state, to: type)
        }
        let state = State()
        states.append((wanted, state))
        return state
    }
}

/// What one kind of validator writes to while it works. It bounds for itself what it keeps between records.
package protocol ScratchState: AnyObject {
    /// A state that holds no memory yet.
    init()
}
