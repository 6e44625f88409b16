import NIOCore
import Schemas
import Settings
import WebClient

/// Asks a registry over HTTP.
struct RegistryClient: RegistryTransport {
    private let client: WebClient
    private let base: String
    private let timeout: TimeAmount
    private let counts: RegistryCounts
    /// The largest answer, in bytes.
    private static let largest = 8 << 20

    /// A client.
    ///
    /// - Throws: what is wrong with the address, or the file of certificate authorities.
    init(_ configuration: RegistryConfiguration, counts: RegistryCounts) throws {
        guard let address = HTTPAddress(configuration.url) else {
            throw SchemaError("registry '\(configuration.name)': '\(configuration.url)' is no address")
        }
        client = try WebClient(
            isSecure: address.isSecure, authorityFiles: configuration.authorities.map { [$0] } ?? [])
        var base = configuration.url
        while base.hasSuffix("/") { base.removeLast() }
        if configuration.kind == .apicurio, !base.hasSuffix("/apis/registry/v3") { base += "/apis/registry/v3" }
        self.base = base
        timeout = .nanoseconds(configuration.timeout.nanoseconds)
        self.counts = counts
    }

    func get(
        _ path: String, headers: [(name: String, value: String)], on eventLoop: any EventLoop
    ) -> EventLoopFuture<RegistryAnswer> {
        guard let address = HTTPAddress(base + path) else {
            return eventLoop.makeFailedFuture(SchemaError("'\(path)' is no path"))
        }
        let counts = counts
        let request = WebRequest(.get, address, fields: headers)
        return client.send(request, on: eventLoop, timeout: timeout, largest: Self.largest).map { response in
            counts.countRequest(status: response.status)
            return RegistryAnswer(status: response.status, body: ByteBuffer(bytes: response.body))
        }.flatMapErrorThrowing { error in
            counts.countRequest(status: nil)
            throw error
        }
    }
}

extension Duration {
    /// Nanoseconds, without what is left of one.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return Int64(clamping: seconds) &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }
}
