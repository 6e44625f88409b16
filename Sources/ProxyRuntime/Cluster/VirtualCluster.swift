import Settings
package import SluiceConfiguration

/// What a listener shows its clients: each broker of the upstream cluster at an address of Sluice's.
package struct VirtualCluster: Sendable {
    /// How brokers are told apart.
    package enum Addressing: Sendable {
        /// By the port.
        case ports(BrokerPortsConfiguration)
        /// By the server name in the TLS handshake.
        case names(BrokerNamesConfiguration)
    }

    /// The address of a broker as clients are told.
    package struct Address: Sendable, Hashable {
        /// The host, in UTF-8.
        package let hostBytes: [UInt8]
        package let port: Int

        /// As `host:port`.
        package var text: String { "\(String(decoding: hostBytes, as: UTF8.self)):\(port)" }
    }

    /// How brokers are told apart.
    package let addressing: Addressing
    /// The bytes of the host that all brokers have; empty where each has its own.
    private let commonHostBytes: [UInt8]

    /// Brokers with ports.
    package init(_ brokers: BrokerPortsConfiguration) {
        addressing = .ports(brokers)
        commonHostBytes = Array(brokers.advertisedHost.utf8)
    }

    /// Brokers with names.
    package init(_ brokers: BrokerNamesConfiguration) {
        addressing = .names(brokers)
        commonHostBytes = []
    }

    /// Where clients find a broker; nil if it has no address.
    package func address(of broker: Int32) -> Address? {
        switch addressing {
        case .ports(let brokers):
            return brokers.port(ofBroker: broker).map { Address(hostBytes: commonHostBytes, port: $0) }
        case .names(let brokers):
            guard broker >= 0 else { return nil }
            return Address(
                hostBytes: Array(brokers.brokerHost.host(ofBroker: broker).utf8), port: brokers.advertisedPort)
        }
    }

    /// All brokers that have a port of their own, with it, in the order of the IDs.
    package var ports: [(broker: Int32, port: Int)] {
        guard case .ports(let brokers) = addressing else { return [] }
        switch brokers.plan {
        case .range(let range):
            return (0..<range.count).map { (brokers.firstBrokerID + Int32(clamping: $0), range.first + $0) }
        case .explicit(let ports):
            return ports.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }

    /// The host that brokers' ports are bound to; nil where they have none.
    var bindHost: String? {
        guard case .ports(let brokers) = addressing else { return nil }
        return brokers.bindHost
    }
}
