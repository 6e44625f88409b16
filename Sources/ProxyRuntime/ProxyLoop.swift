import NIOCore

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
    var context: LoopContext?
    /// By the listener's name.
    var listeners: [String: ListenerLoop] = [:]

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
