package import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import NIOPosix
import Settings

/// Copies what is produced to another cluster or topic; clients are answered by the primary alone.
package final class ShadowFilter: Filter {
    let configuration: ShadowConfiguration
    let metrics: ShadowMetrics
    /// Where copies go; nil in a dry run.
    let output: ShadowOutput?
    /// From the filter's `when`: topics that it is for.
    let topics: [StringMatcher]?

    /// Makes a filter.
    ///
    /// - Parameters:
    ///   - configuration: its settings.
    ///   - context: its name, its metrics, and the clusters.
    ///   - loop: where copies are sent from; no client's connection is on it.
    /// - Throws: if copies would be copied in turn.
    init(
        _ configuration: ShadowConfiguration, context: FilterContext,
        eventLoop loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.any()
    ) throws(ShadowError) {
        let own = context.cluster.name
        let name = configuration.cluster ?? own
        if name == own, let (_, message) = ShadowRule.loop(in: configuration.rules) {
            throw ShadowError(description: message)
        }
        self.configuration = configuration
        topics = context.when?.topic
        metrics = ShadowMetrics(context)
        guard !context.isDryRun else {
            output = nil
            return
        }
        guard let cluster = context.clusters[name] else {
            throw ShadowError(description: "there is no cluster '\(name)'")
        }
        let former = (context.predecessor as? ShadowFilter)?.output
        let settings = ShadowOutput.Settings(configuration)
        if let former, former.serves(cluster, settings), former.retain() {
            output = former
        } else {
            output = ShadowOutput(cluster, settings, metrics: metrics, context: context, eventLoop: loop)
        }
    }

    package var interests: [Interest] {
        guard configuration.percentage.percent > 0 else { return [] }
        // Requests that are not chosen pass as their bytes arrive; those that are say so at the header.
        return [
            Interest([.produce], .request, depth: .header),
            Interest([.produce], .response, depth: output == nil ? .completion : .header),
        ]
    }

    package func concerns(_ client: ClientIdentity) -> Bool {
        guard configuration.stickyBy == .clientID else { return true }
        return StickyShare.contains(Array((client.clientID ?? "").utf8), share: configuration.percentage.fraction)
    }

    package func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        ShadowConnection(self, connection)
    }

    package func shutDown() async {
        await output?.release()
    }

    /// Where the copies of a topic go; nil if it is not copied.
    func target(of topic: String) -> String? {
        if let topics, !topics.contains(where: { $0.matches(topic) }) { return nil }
        for rule in configuration.rules {
            if let target = rule.target(of: topic) { return target }
        }
        return nil
    }
}

/// Why a shadow cannot be made, in words for an operator.
struct ShadowError: Error, CustomStringConvertible {
    let description: String
}
