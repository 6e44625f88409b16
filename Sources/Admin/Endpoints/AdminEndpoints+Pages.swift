import HTTPTypes
import Settings
import Telemetry

extension AdminEndpoints {
    /// The longest expression that `?filter=` takes, in bytes: anybody may ask for `/stats`.
    private static let longestFilter = 256

    @Sendable func stats(_ request: AdminRequest) async -> AdminResponse {
        guard let format = request.format(.text) else {
            return .text("unknown format; there are json and prometheus\n", status: .badRequest)
        }
        var filter: RegularExpression?
        if let pattern = request.parameters["filter"] {
            guard pattern.utf8.count <= Self.longestFilter else {
                return .text("filter: longer than \(Self.longestFilter) bytes\n", status: .badRequest)
            }
            do throws(SettingProblem) {
                filter = try RegularExpression(parsing: pattern)
            } catch {
                return .text("filter: \(VisibleText.escaped(error.message))\n", status: .badRequest)
            }
        }
        var snapshot = await registry.gather()
        if let filter { snapshot = snapshot.filtered { filter.occurs(in: $0) } }
        return switch format {
        case .json: .json(text: MetricsJSON.render(snapshot))
        case .text: AdminResponse(contentType: PrometheusText.contentType, body: PrometheusText.render(snapshot))
        }
    }

    @Sendable func ready(_ request: AdminRequest) async -> AdminResponse {
        let readiness = await inspection.readiness()
        return page(request, usually: .text) {
            .json(readiness, status: readiness.ready ? .ok : .serviceUnavailable)
        } text: {
            let reasons = readiness.reasons.map { "not ready: \(VisibleText.escaped($0))\n" }.joined()
            return .text(readiness.ready ? "ready\n" : reasons, status: readiness.ready ? .ok : .serviceUnavailable)
        }
    }

    @Sendable func alive(_ request: AdminRequest) async -> AdminResponse {
        page(request, usually: .text) {
            .json(["alive": true])
        } text: {
            .text("alive\n")
        }
    }

    @Sendable func serverInfo(_ request: AdminRequest) async -> AdminResponse {
        let server = await inspection.server()
        return page(request, usually: .json) {
            .json(server)
        } text: {
            var table = TextTable("version", server.version)
            table.add("kafka_version", server.kafkaVersion)
            table.add("openssl_version", server.opensslVersion)
            table.add("state", server.state.rawValue)
            table.add("uptime", Quantity.seconds(server.uptimeSeconds))
            table.add("concurrency", "\(server.concurrency)")
            table.add("configuration_file", server.configurationFile)
            table.add("configuration_generation", "\(server.configurationGeneration)")
            table.add("process_id", "\(server.processID)")
            return .text(table.text)
        }
    }

    @Sendable func configDump(_ request: AdminRequest) async -> AdminResponse {
        let dump = await inspection.configurationDump()
        return page(request, usually: .json) {
            .json(text: dump)
        } text: {
            .text(dump)
        }
    }

    @Sendable func listeners(_ request: AdminRequest) async -> AdminResponse {
        let listeners = await inspection.listeners()
        return page(request, usually: .text) {
            .json(listeners)
        } text: {
            var table = TextTable(
                "LISTENER", "ADDRESS", "MODE", "CLUSTER", "CONNECTIONS", "TLS", "ON_UNKNOWN", "FILTERS")
            for listener in listeners {
                let filters = listener.filters.map { "\($0.type)/\($0.name)\($0.dryRun ? " (dry run)" : "")" }
                table.add(
                    listener.name, listener.address, listener.mode, listener.cluster,
                    listener.draining > 0
                        ? "\(listener.connections) (\(listener.draining) draining)" : "\(listener.connections)",
                    listener.tls, listener.onUnknown, filters.isEmpty ? nil : filters.joined(separator: ", "))
            }
            return .text(table.text)
        }
    }

    @Sendable func clusters(_ request: AdminRequest) async -> AdminResponse {
        let clusters = await inspection.clusters()
        return page(request, usually: .text) {
            .json(clusters)
        } text: {
            .text(clusters.isEmpty ? "no clusters\n" : clusters.map(Self.text(of:)).joined(separator: "\n"))
        }
    }

    private static func text(of cluster: ClusterInformation) -> String {
        let controller = cluster.controllerID.map { "\($0)" } ?? "unknown"
        let id = VisibleText.escaped(cluster.clusterID ?? "unknown")
        var text = "cluster \(VisibleText.escaped(cluster.name))   id \(id)   controller \(controller)\n\n"

        var servers = TextTable("BOOTSTRAP", "STATE")
        for server in cluster.bootstrapServers {
            let state = server.reachable.map { $0 ? "reachable" : "unreachable" } ?? "not tried"
            servers.add(server.address, server.error.map { "\(state): \($0)" } ?? state)
        }
        text += servers.text

        if !cluster.portPlans.isEmpty {
            var plans = TextTable("LISTENER", "PORTS", "FIRST BROKER", "ADVERTISED HOST")
            for plan in cluster.portPlans {
                plans.add(plan.listener, plan.ports, "\(plan.firstBrokerID)", plan.advertisedHost)
            }
            text += "\n" + plans.text
        }

        if !cluster.namePlans.isEmpty {
            var plans = TextTable("LISTENER", "BOOTSTRAP NAME", "BROKERS' NAMES", "PORT")
            for plan in cluster.namePlans {
                plans.add(plan.listener, plan.bootstrapHost, plan.brokerHost, "\(plan.advertisedPort)")
            }
            text += "\n" + plans.text
        }

        var brokers = TextTable("BROKER", "ADDRESS", "RACK", "CONNECTIONS", "HEALTH", "CLIENTS FIND IT AT")
        for broker in cluster.brokers {
            let local = broker.localAddresses.map { "\($0.listener) \($0.address)" }.joined(separator: ", ")
            brokers.add(
                "\(broker.id)", "\(broker.host):\(broker.port)", broker.rack, "\(broker.connections)",
                broker.reason.map { "\(broker.health.rawValue): \($0)" } ?? broker.health.rawValue,
                local.isEmpty ? nil : local)
        }
        return text + "\n" + (cluster.brokers.isEmpty ? "no brokers known yet\n" : brokers.text)
    }

    @Sendable func connections(_ request: AdminRequest) async -> AdminResponse {
        let limit = request.parameters["limit"].map { Int($0) } ?? 1_000
        guard let limit, (0...100_000).contains(limit) else {
            return .text("limit: a number from 0 to 100000\n", status: .badRequest)
        }
        let list = await inspection.connections(limit: limit)
        return page(request, usually: .text) {
            .json(list)
        } text: {
            var table = TextTable(
                "ID", "LISTENER", "CLIENT", "PRINCIPAL", "CLIENT ID", "SOFTWARE", "UPSTREAM", "IN FLIGHT", "RECEIVED",
                "SENT", "AGE")
            for connection in list.connections {
                let software = [connection.softwareName, connection.softwareVersion].compactMap(\.self)
                table.add(
                    "\(connection.id)", connection.listener, connection.clientAddress, connection.principal,
                    connection.clientID, software.isEmpty ? nil : software.joined(separator: " "), connection.upstream,
                    "\(connection.requestsInFlight)", Quantity.bytes(connection.bytesReceived),
                    Quantity.bytes(connection.bytesSent), Quantity.seconds(Int(connection.ageSeconds)))
            }
            let missing = list.total - list.connections.count
            return .text(table.text + (missing > 0 ? "… and \(missing) more\n" : ""))
        }
    }

    @Sendable func memory(_ request: AdminRequest) async -> AdminResponse {
        let memory = await inspection.memory()
        return page(request, usually: .json) {
            .json(memory)
        } text: {
            var table = TextTable("resident", Quantity.bytes(memory.residentBytes))
            table.add("virtual", Quantity.bytes(memory.virtualBytes))
            table.add(
                "buffered", "\(Quantity.bytes(memory.bufferedBytes)) of \(Quantity.bytes(memory.bufferedBytesLimit))")
            table.add("held frames", "\(memory.heldFrames)")
            table.add("waiting frames", "\(memory.waitingFrames)")
            table.add("connections", "\(memory.connections)")
            return .text(table.text)
        }
    }
}
