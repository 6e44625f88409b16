import Benchmark
import BenchmarkProbes

/// JSON documents of about 1 KiB.
func jsonBenchmarks() {
    Benchmark("JSON syntax, mostly numbers", configuration: .mega) { benchmark, bytes in
        let checker = BenchmarkProbes.RecordChecker()
        for _ in benchmark.scaledIterations { blackHole(checker.isGood(bytes)) }
    } setup: {
        SampleDocuments.numbers
    }

    Benchmark("JSON syntax, mostly strings", configuration: .mega) { benchmark, bytes in
        let checker = BenchmarkProbes.RecordChecker()
        for _ in benchmark.scaledIterations { blackHole(checker.isGood(bytes)) }
    } setup: {
        SampleDocuments.strings
    }

    Benchmark("JSON Schema with 20 fields", configuration: .mega) { benchmark, bytes in
        guard let checker = BenchmarkProbes.RecordChecker(jsonSchema: SampleDocuments.orderSchema),
            checker.isGood(bytes)
        else { return benchmark.error("the document must match") }
        for _ in benchmark.scaledIterations { blackHole(checker.isGood(bytes)) }
    } setup: {
        SampleDocuments.order
    }
}

extension Benchmark.Configuration {
    /// For calls of hundreds of nanoseconds.
    fileprivate static var mega: Self {
        Self(metrics: [.cpuTotal, .wallClock], scalingFactor: .mega, maxDuration: .seconds(5), maxIterations: 30)
    }
}
