import KafkaClient
import KafkaMessages
import KafkaWire
package import Logging
package import NIOCore

/// Keeps watch over a cluster: whether its bootstrap servers can be reached, and which brokers it has.
///
/// It asks for Metadata with the cluster's credentials, if it has any; where the cluster does not answer that, the
/// topology is learned from the clients' traffic alone.
package final class ClusterMonitor: Sendable {
    private let cluster: ClusterState
    private let group: any EventLoopGroup
    private let refresh: TimeAmount
    private let logger: Logger

    /// The version of Metadata that is asked: the oldest that all brokers since 0.11 serve, and that can leave topics
    /// out.
    private static let metadataVersion: Int16 = 4
    /// Between two tries while nothing answers: it doubles from the first to the last.
    private static let firstBackoff = TimeAmount.milliseconds(250)
    private static let lastBackoff = TimeAmount.seconds(10)

    package init(cluster: ClusterState, group: any EventLoopGroup, refresh: TimeAmount, logger: Logger) {
        self.cluster = cluster
        self.group = group
        self.refresh = refresh
        self.logger = logger
        cluster.lend(group)
    }

    /// Watches until its task is cancelled.
    package func run() async {
        var backoff = Self.firstBackoff
        while !Task.isCancelled {
            let isReached = await probeAll()
            let pause = isReached ? refresh : backoff
            backoff = isReached ? Self.firstBackoff : min(backoff * 2, Self.lastBackoff)
            try? await Task.sleep(nanoseconds: UInt64(max(0, pause.nanoseconds)))
        }
    }

    /// Tries every bootstrap server; true if one can be reached.
    private func probeAll() async -> Bool {
        var isReached = false
        var isLearned = false
        for (index, server) in cluster.bootstrapServers.enumerated() {
            do {
                let channel = try await OwnConnections.open(
                    host: server.host, port: server.port, on: group.next(), timeout: cluster.connectTimeout
                ).get()
                // Reached is reached by TCP: what the broker wants above it is another matter.
                cluster.note(bootstrap: index, .reachable)
                isReached = true
                if !isLearned { isLearned = await learn(from: channel, of: server) }
                channel.close(promise: nil)
            } catch {
                cluster.note(bootstrap: index, .unreachable(ConnectFailure.reason(error)))
            }
        }
        return isReached
    }

    private func learn(from channel: any Channel, of server: Broker) async -> Bool {
        let connection: BrokerConnection
        do {
            connection = try await OwnConnections.adopt(channel, host: server.host, port: server.port, tls: cluster.tls)
                .get()
        } catch {
            logger.warning(
                "no TLS with a bootstrap server",
                metadata: [
                    "cluster": "\(cluster.name)", "server": "\(server.host):\(server.port)", "error": "\(error)",
                    "hint": "\(TLSHint.forBroker(error) ?? "-")",
                ])
            return false
        }
        var request = MetadataRequest()
        request.topics = []
        request.allowAutoTopicCreation = false
        do {
            try await cluster.signIn(on: connection)
        } catch {
            logger.warning(
                "cannot sign in to a bootstrap server",
                metadata: ["cluster": "\(cluster.name)", "error": "\(error)"])
            return false
        }
        do {
            let answer = try await connection.ask(
                request, version: Self.metadataVersion, clientID: Question.clientID, timeout: cluster.connectTimeout
            ).get()
            cluster.learn(brokers: answer.brokers.map { Broker(id: $0.nodeID, host: $0.host, port: Int($0.port)) })
            var racks: [Int32: String] = [:]
            for broker in answer.brokers { racks[broker.nodeID] = broker.rack }
            cluster.learn(clusterID: answer.clusterID, controllerID: answer.controllerID, racks: racks)
            return true
        } catch {
            let isSilent = error as? BrokerConnection.Failure == .closed && cluster.tls == nil
            logger.debug(
                "cluster does not tell its brokers",
                metadata: [
                    "cluster": "\(cluster.name)", "error": "\(error)",
                    "hint": "\(isSilent ? TLSHint.silentBroker : "-")",
                ])
            return false
        }
    }
}
