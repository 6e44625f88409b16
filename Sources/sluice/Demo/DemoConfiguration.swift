internal import Glibc

/// The configuration that the demo runs Sluice with.
struct DemoConfiguration: Sendable {
    /// Where `/stats` is.
    let adminPort: UInt16
    /// The bootstrap port for clients; broker N is at the Nth port after it.
    let port: UInt16
    /// The brokers.
    let bootstrapServers: [String]

    /// Brokers that there are ports for: 0 (there is none of that ID) to 3.
    private static let brokerPorts: UInt16 = 4

    /// Takes the well-known ports 9901 and 9092 to 9096, or others where one of these is in use.
    init(bootstrapServers: [String]) {
        let usual = [9901] + Array(9092...(9092 + Self.brokerPorts))
        if usual.allSatisfy(Self.isFree) {
            adminPort = 9901
            port = 9092
        } else {
            // Below the ports that the system gives to clients and to the embedded brokers.
            let width = Self.brokerPorts + 2
            let candidates = stride(from: UInt16(20_000), to: 32_000, by: Int(width)).shuffled()
            let first =
                candidates.first { first in (first..<(first + width)).allSatisfy(Self.isFree) } ?? candidates[0]
            adminPort = first
            port = first + 1
        }
        self.bootstrapServers = bootstrapServers
    }

    /// Where clients find the cluster.
    var clientBootstrap: [String] { ["127.0.0.1:\(port)"] }

    /// The configuration's text.
    var yaml: String {
        """
        admin:
          address: 127.0.0.1:\(adminPort)
        listeners:
          - name: demo
            address: 127.0.0.1:\(port)
            cluster: embedded
            brokers:
              mode: ports
              advertised_host: 127.0.0.1
              ports: \(port + 1)-\(port + Self.brokerPorts)
            filters:
              - type: rate_limit
                name: fair-use
                limits:
                  - per: [client_id]
                    produce_bytes: 50MiB/s
              - type: topic_rewrite
                name: names
                rules:
                  - topic: orders
                    to: orders.canary
                    when: { client_id: { prefix: canary- } }
                  - topic: payments
                    targets: { blue: payments.v1, green: payments.v2 }
                    active: blue
        clusters:
          - name: embedded
            bootstrap_servers: [\(bootstrapServers.joined(separator: ", "))]

        """
    }

    /// Whether nobody listens on that port of 127.0.0.1.
    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        return withLoopbackAddress(port: port) { address, length in bind(descriptor, address, length) } == 0
    }
}

/// Calls `body` with the socket address of that port on 127.0.0.1.
private func withLoopbackAddress<Value>(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            body(generic, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
