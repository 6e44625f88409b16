import KafkaCodec
import KafkaMessages
package import KafkaWire
import Logging
package import NIOCore
import Settings
import SluiceConfiguration

/// The rewriting of addresses by itself, without connections: for measurements.
package struct AddressRewriting {
    private let program: WalkProgram
    private let cluster: ClusterState
    private let virtual: VirtualCluster
    private let hasTags: Bool
    private let allocator = ByteBufferAllocator()

    /// Rewriting for the responses of one API and version.
    ///
    /// - Parameters:
    ///   - apiKey: the API.
    ///   - version: its version.
    ///   - advertisedHost: what clients are told.
    ///   - ports: of the brokers from 0 on.
    /// - Returns: nil if there is no such version.
    package init?(_ apiKey: APIKey, version: Int16, advertisedHost: String, ports: ClosedRange<Int>) {
        let plans = PlanTable(chain: .empty, rewritesAddresses: true)
        guard let program = plans.response(apiKey, version).program,
            let range = PortRange(first: ports.lowerBound, last: ports.upperBound)
        else { return nil }
        self.program = program
        hasTags = HeaderForm.responseHasTags(apiKey, version)
        cluster = ClusterState(
            name: "measured", bootstrapServers: [], connectTimeout: .seconds(1), logger: Logger(label: "measured"))
        virtual = VirtualCluster(
            BrokerPortsConfiguration(advertisedHost: advertisedHost, plan: .range(range), bindHost: advertisedHost))
    }

    /// Rewrites one response.
    ///
    /// - Parameter frame: without its size prefix.
    /// - Returns: the new frame with its size prefix; nil if nothing had to change or it cannot be read.
    package func rewrite(_ frame: ByteBuffer) -> ByteBuffer? {
        var sink = RewritingSink(cluster: cluster, virtual: virtual, program: program)
        var walker = FieldWalker()
        let bodyOffset = frame.bodyOffset(hasTags: hasTags)
        let isRead = try? frame.walkWhole(
            program, &walker, at: frame.readerIndex, bodyOffset: bodyOffset, size: frame.readableBytes, &sink)
        guard isRead == true else { return nil }
        sink.finish()
        return sink.edits.isEmpty ? nil : sink.edits.apply(to: frame, allocator: allocator)
    }
}
