import NIOCore

extension EventLoopFuture where Value == Void {
    /// The same result, or an error if it does not come in time.
    func orFail(_ error: any Error, after time: TimeAmount, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        let alarm = loop.scheduleTask(in: time) { promise.fail(error) }
        hop(to: loop).whenComplete { result in
            alarm.cancel()
            promise.completeWith(result)
        }
        return promise.futureResult
    }
}
