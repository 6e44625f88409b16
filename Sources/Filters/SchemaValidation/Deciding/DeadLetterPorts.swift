import FilterAPI
import NIOCore
import Sinks
import Telemetry

/// Where the dead letters of each rule go, as one event loop meets them.
final class DeadLetterPorts {
    private let ports: [Int: any SinkPort]

    init(_ sinks: [Int: any Sink], on loop: any EventLoop, metrics: MetricsShard) {
        ports = sinks.mapValues { $0.port(on: loop, metrics: metrics) }
    }

    /// Hands over copies of bad records; what the sink does not take it drops and counts.
    func send(_ judgement: ProduceJudgement, _ names: (TopicReference) -> String?, _ record: RequestRecord) {
        for letter in judgement.deadLetters {
            guard let port = ports[letter.rule.index] else { continue }
            var origin = [
                ("topic", names(letter.set.topic) ?? ""), ("partition", String(letter.set.partition)),
                ("rule", letter.rule.name), ("principal", record.connection.principal),
            ]
            if let clientID = record.clientID { origin.append(("client_id", clientID)) }
            for letter in letter.letters {
                guard port.isOpen else {
                    port.skip()
                    continue
                }
                _ = port.offer(letter.record(origin))
            }
        }
    }
}
