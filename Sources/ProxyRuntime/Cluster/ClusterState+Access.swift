import FilterAPI
import KafkaClient
package import NIOCore
package import Settings

/// Connections that filters open.
extension ClusterState: ClusterAccess {
    package var servers: [NetworkAddress] {
        bootstrapServers.map { NetworkAddress(host: $0.host, port: $0.port) }
    }

    package func connect(host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<any Channel> {
        openConnection(host: host, port: port, on: loop).flatMap { connection in
            guard let signIn = self.signIn else { return connection.release() }
            let asking = OwnConnectionSignIn(connection: connection, timeout: self.connectTimeout)
            return connection.eventLoop.flatSubmit { BrokerSignIn.run(signIn, asking) }
                .flatMap { _ in connection.release() }
                .flatMapErrorThrowing { error in
                    connection.close()
                    throw error
                }
        }
    }
}
