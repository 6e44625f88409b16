import Benchmark
import BenchmarkProbes

/// What is done with record batches: 64 of 100 records of 1 KiB, 6.4 MiB, unless said otherwise.
func recordsBenchmarks() {
    Benchmark("Records: CRC-32C", configuration: .batches) { benchmark, batches in
        guard let batches else { return }
        for _ in benchmark.scaledIterations { blackHole(batches.checksum()) }
    } setup: {
        BenchmarkProbes.Batches(codec: "none", batches: 64, records: 100, valueBytes: 1_024)
    }

    Benchmark("Records: walk", configuration: .batches) { benchmark, batches in
        guard let batches else { return }
        for _ in benchmark.scaledIterations { blackHole(batches.walk(verifyingChecksum: false)) }
    } setup: {
        BenchmarkProbes.Batches(codec: "none", batches: 64, records: 100, valueBytes: 1_024)
    }

    Benchmark("Records: edit one of each batch", configuration: .batches) { benchmark, batches in
        guard let batches else { return }
        for _ in benchmark.scaledIterations { blackHole(batches.edit()) }
    } setup: {
        BenchmarkProbes.Batches(codec: "none", batches: 64, records: 100, valueBytes: 1_024)
    }

    for codec in ["gzip", "snappy", "lz4", "zstd"] {
        Benchmark("Records: decompress \(codec)", configuration: .batches) { benchmark, batches in
            guard let batches else { return }
            for _ in benchmark.scaledIterations { blackHole(batches.open()) }
        } setup: {
            BenchmarkProbes.Batches(codec: codec, batches: 64, records: 100, valueBytes: 1_024)
        }
    }
}

extension Benchmark.Configuration {
    /// For calls of milliseconds.
    static var batches: Self {
        Self(metrics: [.cpuTotal, .wallClock], scalingFactor: .one, maxDuration: .seconds(3), maxIterations: 100)
    }
}
