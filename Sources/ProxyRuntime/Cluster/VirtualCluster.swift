import Settings
package import SluiceConfiguration

/// What a listener shows its clients: each broker of the upstream cluster at an address of Sluice's.
package struct VirtualCluster: Sendable {
    /// The settings: advertised host, ports, where they are bound.
    package let brokers: BrokerPortsConfiguration
    /// The bytes of the host that clients are told.
    let advertisedHostBytes: [UInt8]

    package init(_ brokers: BrokerPortsConfiguration) {
        self.brokers = brokers
        self.advertisedHostBytes = Array(brokers.advertisedHost.utf8)
    }

    /// The local port of a broker; nil if it has none.
    package func port(of broker: Int32) -> Int? {
        brokers.port(ofBroker: broker)
    }

    /// All brokers that have a port, with it, in the order of the IDs.
    package var ports: [(broker: Int32, port: Int)] {
        switch brokers.plan {
        case .range(let range):
            (0..<range.count).map { (brokers.firstBrokerID + Int32(clamping: $0), range.first + $0) }
        case .explicit(let ports):
            ports.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }
}
