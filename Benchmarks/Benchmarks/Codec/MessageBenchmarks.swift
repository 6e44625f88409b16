import Benchmark
import KafkaMessages
import KafkaWire
import NIOCore

/// Reading and writing typed messages, per call on one core.
func messageBenchmarks() {
    Benchmark("Produce v9: decode", configuration: .small) { benchmark, bytes in
        for _ in benchmark.scaledIterations {
            var reader = WireReader(bytes)
            blackHole(try ProduceRequest.decode(from: &reader, version: 9))
        }
    } setup: {
        try SampleMessages.encoded(SampleMessages.produceRequest, version: 9)
    }

    Benchmark("Produce v9: encode", configuration: .small) { benchmark, request in
        for _ in benchmark.scaledIterations {
            var writer = WireWriter()
            try request.encode(into: &writer, version: 9)
            blackHole(writer.finish())
        }
    } setup: {
        SampleMessages.produceRequest
    }

    Benchmark("Metadata v12 of 1,000 topics: decode", configuration: .large) { benchmark, bytes in
        for _ in benchmark.scaledIterations {
            var reader = WireReader(bytes)
            blackHole(try MetadataResponse.decode(from: &reader, version: 12))
        }
    } setup: {
        try SampleMessages.encoded(SampleMessages.metadataResponse, version: 12)
    }

    Benchmark("Metadata v12 of 1,000 topics: encode", configuration: .large) { benchmark, response in
        for _ in benchmark.scaledIterations {
            var writer = WireWriter()
            try response.encode(into: &writer, version: 12)
            blackHole(writer.finish())
        }
    } setup: {
        SampleMessages.metadataResponse
    }
}

extension Benchmark.Configuration {
    /// For calls of nanoseconds: many of them make one measurement.
    static var small: Self {
        Self(metrics: [.cpuTotal, .wallClock], scalingFactor: .mega, maxDuration: .seconds(5), maxIterations: 30)
    }

    /// For calls of microseconds.
    static var large: Self {
        Self(metrics: [.cpuTotal, .wallClock], scalingFactor: .kilo, maxDuration: .seconds(5), maxIterations: 10)
    }
}
