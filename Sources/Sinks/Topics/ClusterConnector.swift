package import FilterAPI
package import KafkaClient
import KafkaRecords
package import NIOCore
import Settings

/// Opens a producer's connections the way the proxy opens its own to a cluster.
package struct ClusterConnector: BrokerConnector {
    private let cluster: any ClusterAccess

    /// - Parameter cluster: whose brokers are connected to.
    package init(cluster: any ClusterAccess) { self.cluster = cluster }

    package func connect(host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<BrokerConnection> {
        cluster.connect(host: host, port: port, on: loop).flatMapThrowing { try BrokerConnection(adoptedBy: $0) }
    }
}

extension ProducerConfiguration {
    /// What a filter's sink asks of a producer.
    init(_ sink: TopicSinkConfiguration, servers: [NetworkAddress], filter: String) {
        self.init(
            bootstrapServers: servers.map { Server(host: $0.host, port: $0.port) }, clientID: "sluice-\(filter)")
        switch sink.acks {
        case .all: acks = .all
        case .leader: acks = .leader
        case .none: acks = .none
        }
        switch sink.compression {
        case .none: compression = .none
        case .gzip: compression = .gzip
        case .snappy: compression = .snappy
        case .lz4: compression = .lz4
        case .zstd: compression = .zstd
        }
        linger = TimeAmount(sink.linger)
        maxBufferedBytes = sink.maxBuffered.bytes
        deliveryTimeout = TimeAmount(sink.deliveryTimeout)
        if let creation = sink.creation {
            topicCreation = .create(
                partitions: Int32(clamping: creation.partitions),
                replication: Int16(clamping: creation.replicationFactor),
                configs: [:])
        }
    }
}
