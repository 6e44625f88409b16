import Logging
import NIOCore
import SASL
import Settings
import Synchronization
import TLS
import WebClient

/// The keys of tokens, from an address that is asked every so often, and when a token names a key that is not known.
final class FetchedKeys: Sendable {
    private struct State {
        var keys = JSONWebKeySet.empty
        var lastAsked: NIODeadline?
        var asking: EventLoopFuture<JSONWebKeySet?>?
        var isFailing = false
    }

    private let address: HTTPAddress
    private let client: WebClient
    private let group: any EventLoopGroup
    private let logger: Logger
    private let state = Mutex(State())
    private let turns = Repeating()

    /// Between two questions at least: tokens with invented keys must not become questions.
    private static let pause = TimeAmount.seconds(10)
    /// For an answer.
    private static let timeout = TimeAmount.seconds(10)

    /// - Throws: what is wrong with a file of CAs.
    init(
        _ address: HTTPAddress, authorityFiles: [String], refresh: Duration, group: any EventLoopGroup, logger: Logger
    ) throws(TLSError) {
        self.address = address
        client = try WebClient(isSecure: address.isSecure, authorityFiles: authorityFiles)
        self.group = group
        self.logger = logger
        ask()
        turns.begin(every: min(refresh, .seconds(5))) { [weak self] in
            guard let self else { return false }
            let due = self.state.withLock { state in
                // After a failure again soon, else every so often.
                let wait = state.isFailing ? Self.pause : TimeAmount(refresh)
                return state.lastAsked.map { NIODeadline.now() - $0 >= wait } ?? true
            }
            if due { _ = try? await self.ask().get() }
            return true
        }
    }

    /// The keys at hand.
    var keys: JSONWebKeySet { state.withLock { $0.keys } }

    /// Asks for the keys, unless that has just been done.
    ///
    /// - Returns: the keys, on the loop; nil if nothing new is to be expected.
    func refreshForUnknownKey(on loop: any EventLoop) -> EventLoopFuture<JSONWebKeySet?> {
        let isTooSoon = state.withLock { state in
            state.asking == nil && (state.lastAsked.map { NIODeadline.now() - $0 < Self.pause } ?? false)
        }
        if isTooSoon { return loop.makeSucceededFuture(nil) }
        return ask().hop(to: loop)
    }

    @discardableResult
    private func ask() -> EventLoopFuture<JSONWebKeySet?> {
        let loop = group.next()
        let promise = loop.makePromise(of: JSONWebKeySet?.self)
        let running = state.withLock { state -> EventLoopFuture<JSONWebKeySet?>? in
            if let asking = state.asking { return asking }
            state.asking = promise.futureResult
            state.lastAsked = .now()
            return nil
        }
        if let running {
            promise.succeed(nil)
            return running
        }
        client.send(WebRequest(.get, address), on: loop, timeout: Self.timeout, largest: JSONWebKeySet.maxSize)
            .flatMapThrowing { try JSONWebKeySet(reading: $0.requireOK()) }
            .whenComplete { [self] in take($0, promise) }
        return promise.futureResult
    }

    private func take(_ result: Result<JSONWebKeySet, any Error>, _ promise: EventLoopPromise<JSONWebKeySet?>) {
        switch result {
        case .success(let keys):
            let isNew = state.withLock { state in
                let isNew = state.keys != keys
                state.keys = keys
                state.asking = nil
                state.isFailing = false
                return isNew
            }
            if isNew {
                logger.info("keys of tokens read", metadata: ["from": "\(address)", "keys": "\(keys.keys.count)"])
            }
            promise.succeed(keys)
        case .failure(let error):
            state.withLock { state in
                state.asking = nil
                state.isFailing = true
            }
            logger.error(
                "keys of tokens cannot be read; those at hand stay in force",
                metadata: ["from": "\(address)", "error": "\(error)"])
            promise.succeed(nil)
        }
    }
}
