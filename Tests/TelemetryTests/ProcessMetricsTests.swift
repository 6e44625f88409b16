import Foundation
import Testing

@testable import Telemetry

@Suite("The process's own metrics")
struct ProcessMetricsTests {
    @Test("say what the kernel says")
    func plausible() async throws {
        let registry = MetricsRegistry()
        ProcessMetrics.declare(in: registry)
        let snapshot = await registry.gather()
        func value(_ name: String) throws -> Double {
            guard case .sampled(let value) = try #require(snapshot.value(name)) else { return .nan }
            return value
        }
        let resident = try value("process_resident_memory_bytes")
        #expect(resident > 1_000_000 && resident < 100_000_000_000)
        #expect(try value("process_virtual_memory_bytes") > resident)
        #expect(try value("process_cpu_seconds_total") > 0)
        #expect(try value("process_open_fds") >= 3)
        #expect(try value("process_max_fds") >= value("process_open_fds"))
        let age = Date().timeIntervalSince1970 - (try value("process_start_time_seconds"))
        #expect(age > -2 && age < 86_400)
    }
}
