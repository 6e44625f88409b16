import Settings
import SluiceConfiguration
import Testing

@Suite struct ConfigurationLoaderTests {
    @Test func theShortestConfigurationHasAllDefaults() throws {
        let configuration = try load(minimal).configuration
        #expect(configuration.admin == AdminConfiguration())
        #expect(configuration.admin.address.description == "127.0.0.1:9901")
        #expect(configuration.admin.publicAddress == nil)
        let limits = configuration.limits
        #expect(limits.maxFrame == .mebibytes(100))
        #expect(limits.maxHeldFrame == .mebibytes(100))
        #expect(limits.bufferedBytes == .mebibytes(256))
        #expect(limits.requestsInFlight == 1000)
        #expect(limits.frameTimeout == .seconds(60))
        #expect(limits.drainTimeout == .seconds(20))
        #expect(limits.idleTimeout == .seconds(600))
        #expect(configuration.reload == ReloadConfiguration(watch: false, interval: .seconds(1)))
        let listener = try #require(configuration.listeners.first)
        #expect(listener.name == "apps")
        #expect(listener.cluster == "main")
        #expect(listener.onUnknown == .forward)
        #expect(!listener.proxyProtocol)
        #expect(listener.filters.isEmpty)
        guard case .ports(let brokers) = listener.brokers else {
            Issue.record("not ports")
            return
        }
        #expect(brokers.advertisedHost == "127.0.0.1")
        #expect(brokers.bindHost == "127.0.0.1")
        #expect(brokers.port(ofBroker: 0) == 9093)
        #expect(brokers.port(ofBroker: 99) == 9192)
        #expect(brokers.port(ofBroker: 100) == nil)
        #expect(brokers.port(ofBroker: -1) == nil)
        #expect(
            configuration.clusters == [
                ClusterConfiguration(
                    name: "main",
                    bootstrapServers: [NetworkAddress(host: "127.0.0.1", port: 19_092)],
                    connectTimeout: .seconds(5),
                    metadataRefresh: .seconds(30)
                )
            ]
        )
    }

    @Test func everySettingIsRead() throws {
        let yaml = """
            admin: { address: "[::1]:9901", public_address: 0.0.0.0:9902 }
            limits:
              max_frame: 1MiB
              max_held_frame: 2MiB
              buffered_bytes: 3MiB
              requests_in_flight: 4
              frame_timeout: 5s
              drain_timeout: 0s
              idle_timeout: 7m
            reload: { watch: true, interval: 250ms }
            listeners:
              - name: apps
                address: 0.0.0.0:9092
                cluster: main
                on_unknown: close
                proxy_protocol: true
                proxy_protocol_trusted: [10.0.0.0/8, "fd00::/8"]
                brokers:
                  mode: ports
                  advertised_host: kafka.example.com
                  bind_host: 10.0.0.1
                  ports: { 1: 9101, 5: 9105 }
                filters:
                  - { type: access_log, name: log, dry_run: true, size: 1KiB, path: a.log, when: { api: Produce } }
                  - { type: rate_limit, requests: 10/s }
              - name: one
                address: 127.0.0.1:0
                cluster: single
                brokers: { mode: pass_through }
            clusters:
              - { name: main, bootstrap_servers: [a:1, "b:2,c:3"], connect_timeout: 1s, metadata_refresh: 1m }
              - { name: single, bootstrap_servers: d:4 }
            """
        let configuration = try load(yaml).configuration
        #expect(configuration.admin.publicAddress?.description == "0.0.0.0:9902")
        #expect(configuration.limits.maxFrame == .mebibytes(1))
        #expect(configuration.limits.maxHeldFrame == .mebibytes(2))
        #expect(configuration.limits.bufferedBytes == .mebibytes(3))
        #expect(configuration.limits.requestsInFlight == 4)
        #expect(configuration.limits.frameTimeout == .seconds(5))
        #expect(configuration.limits.drainTimeout == .zero)
        #expect(configuration.limits.idleTimeout == .seconds(420))
        #expect(configuration.reload == ReloadConfiguration(watch: true, interval: .milliseconds(250)))
        let listener = try #require(configuration.listeners.first)
        #expect(listener.onUnknown == .close)
        #expect(listener.proxyProtocol)
        #expect(listener.proxyProtocolTrusted.map(\.description) == ["10.0.0.0/8", "fd00::/8"])
        guard case .ports(let brokers) = listener.brokers else {
            Issue.record("not ports")
            return
        }
        #expect(brokers.advertisedHost == "kafka.example.com")
        #expect(brokers.bindHost == "10.0.0.1")
        #expect(brokers.port(ofBroker: 5) == 9105)
        #expect(brokers.port(ofBroker: 2) == nil)
        let filters = listener.filters
        #expect(filters.map(\.type) == ["access_log", "rate_limit"])
        #expect(filters.map(\.name) == ["log", "rate_limit"])
        #expect(filters.map(\.dryRun) == [true, false])
        #expect(filters.first?.when == WhenCondition(api: [.exact("Produce")]))
        let log = filters.first?.configuration as? FakeFilterConfiguration
        #expect(log == FakeFilterConfiguration(path: "a.log", size: .kibibytes(1)))
        #expect(filters.last?.configuration as? Rate == Rate(10))
        #expect(configuration.listeners.last?.brokers == .passThrough)
        #expect(
            configuration.clusters.map { $0.bootstrapServers.map(\.description) } == [["a:1", "b:2", "c:3"], ["d:4"]])
        #expect(configuration.clusters.first?.metadataRefresh == .seconds(60))
    }

    @Test func pathsStartFromTheFolderOfTheFile() throws {
        let yaml = minimal.replacingFirst(
            "brokers:", with: "filters: [{ type: access_log, path: a.log }]\n    brokers:")
        let loader = ConfigurationLoader(
            filterTypes: fakeFilters,
            environment: .of(files: ["/etc/sluice/c.yaml": yaml])
        )
        let filter = try loader.load(path: "/etc/sluice/c.yaml").configuration.listeners.first?.filters.first
        #expect((filter?.configuration as? FakeFilterConfiguration)?.path == "/etc/sluice/a.log")
    }

    @Test func aFileThatIsNotThereIsAnError() {
        let loader = ConfigurationLoader(filterTypes: [], environment: .of())
        #expect(throws: ConfigurationError.self) { try loader.load(path: "c.yaml") }
        do throws(ConfigurationError) {
            _ = try loader.load(path: "c.yaml")
        } catch {
            #expect(error.description == "c.yaml: cannot read 'c.yaml'")
        }
    }

    @Test func aFileThatIsTooLargeIsNotRead() {
        let environment = SettingsEnvironment(
            variable: { _ in nil },
            contents: { _, maxBytes in .failure(SettingProblem("asked for \(maxBytes)")) },
            isReadable: { _ in false }
        )
        do throws(ConfigurationError) {
            _ = try ConfigurationLoader(filterTypes: [], environment: environment).load(path: "c.yaml")
        } catch {
            #expect(error.description == "c.yaml: asked for 10485760")
        }
    }

    @Test func aFileThatIsNoTextIsAnError() {
        let environment = SettingsEnvironment(
            variable: { _ in nil },
            contents: { _, _ in .success(Array("a: b\n".utf8) + [0xFF, 0x0A]) },
            isReadable: { _ in false }
        )
        do throws(ConfigurationError) {
            _ = try ConfigurationLoader(filterTypes: [], environment: environment).load(path: "c.yaml")
        } catch {
            #expect(error.description == "c.yaml:2:1: this line is not UTF-8")
        }
    }

    @Test func theDumpShowsEverythingInEffectAndNoSecret() throws {
        let yaml = minimal.replacingFirst(
            "brokers:", with: "filters: [{ type: tap, password: { env: PW } }]\n    brokers:")
        let effective = try load(yaml, variables: ["PW": "hunter2"]).effective
        #expect(
            effective.description == """
                {"admin":{"address":"127.0.0.1:9901"},"limits":{"max_frame":"100MiB","max_held_frame":"100MiB",\
                "buffered_bytes":"256MiB","max_decompressed_batch":"64MiB","max_decompression_ratio":1000,"requests_in_flight":1000,"frame_timeout":"1m","drain_timeout":"20s",\
                "idle_timeout":"10m"},"reload":{"watch":false,"interval":"1s"},"listeners":[{"name":"apps","address":"127.0.0.1:9092","cluster":"main",\
                "on_unknown":"forward","proxy_protocol":false,"proxy_protocol_trusted":["127.0.0.0/8","::1"],\
                "brokers":{"mode":"ports","ports":"9093-9192","first_broker_id":0},\
                "filters":[{"type":"tap","dry_run":false,"password":"[redacted]"}]}],\
                "clusters":[{"name":"main","bootstrap_servers":["127.0.0.1:19092"],"connect_timeout":"5s",\
                "metadata_refresh":"30s"}]}
                """
        )
    }
}

extension String {
    /// The text, with the first `old` in it replaced.
    func replacingFirst(_ old: String, with new: String) -> String {
        guard let range = firstRange(of: old) else { return self }
        return replacingCharacters(in: range, with: new)
    }

    private func replacingCharacters(in range: Range<Index>, with new: String) -> String {
        String(self[..<range.lowerBound]) + new + self[range.upperBound...]
    }
}
