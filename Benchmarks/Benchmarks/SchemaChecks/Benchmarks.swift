import Benchmark

let benchmarks: @Sendable () -> Void = {
    binaryBenchmarks()
    jsonBenchmarks()
}
