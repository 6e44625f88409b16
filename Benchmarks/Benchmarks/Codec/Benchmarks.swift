import Benchmark

let benchmarks: @Sendable () -> Void = {
    messageBenchmarks()
    walkBenchmarks()
    recordsBenchmarks()
}
