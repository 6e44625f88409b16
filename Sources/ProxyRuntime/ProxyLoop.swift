import NIOCore
import Telemetry

/// One event loop of the proxy with what belongs to it.
struct ProxyLoop: Sendable {
    let eventLoop: any EventLoop
    let state: NIOLoopBoundBox<ProxyLoopState>

    /// Does something with the state, on the loop.
    func perform<Result: Sendable>(_ body: @escaping @Sendable (inout ProxyLoopState) -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            eventLoop.execute { continuation.resume(returning: body(&state.value)) }
        }
    }
}

/// What lives on one event loop.
struct ProxyLoopState {
    /// What stands behind an address.
    struct Door {
        let listener: ListenerLoop
        let configured: Listener
        let target: DownstreamConnection.Target
    }

    var context: LoopContext?
    /// By the listener's name.
    private(set) var listeners: [String: ListenerLoop] = [:]
    private var doors: [BoundAddress: Door] = [:]

    /// What a client comes to that has been accepted there; nil if the address has just been given up.
    func door(_ address: BoundAddress) -> Door? { doors[address] }

    /// Takes other listeners: those that stay take up their chains and settings, others begin, the rest retires.
    ///
    /// - Parameters:
    ///   - configured: all listeners from now on.
    ///   - replaced: those among them whose open connections cannot go on.
    ///   - drainTimeout: how long connections of listeners that retire may take to answer what is in flight.
    ///   - metrics: what new listeners count in.
    mutating func take(
        _ configured: [Listener], replacing replaced: Set<String>, drainTimeout: TimeAmount, metrics: CoreMetrics
    ) {
        guard let context else { return }
        var former = listeners
        listeners = [:]
        doors = [:]
        for listener in configured {
            let part: ListenerLoop
            if !replaced.contains(listener.name), let stays = former.removeValue(forKey: listener.name) {
                part = stays
                part.update(limits: listener.limits, onUnknown: listener.onUnknown)
                if part.generation != listener.chain.generation { part.exchange(listener.chain) }
            } else {
                part = ListenerLoop(listener: listener, loop: context, metrics: metrics)
            }
            listeners[listener.name] = part
            for binding in listener.bindings {
                doors[binding.address] = Door(listener: part, configured: listener, target: binding.target)
            }
        }
        for part in former.values { part.retire(within: drainTimeout) }
    }

    /// No further request is taken.
    func drain() {
        guard let context else { return }
        context.isDraining = true
        for connection in Array(context.connections.values) { connection.drain() }
    }

    /// Closes every connection.
    func closeAll(reason: String) {
        for connection in Array((context?.connections ?? [:]).values) { connection.close(reason: reason) }
    }

    /// Ends what repeats.
    func stop() {
        context?.stopSweeping()
    }
}
