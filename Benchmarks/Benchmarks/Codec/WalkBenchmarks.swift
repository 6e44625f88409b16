import Benchmark
import BenchmarkProbes
import KafkaMessages
import KafkaWire
import NIOCore

/// What the proxy does with most frames, without making values of them.
func walkBenchmarks() {
    Benchmark("Produce v9: header, topics, partitions, bytes", configuration: .small) { benchmark, frame in
        guard var counter = BenchmarkProbes.ProduceCounter(version: 9) else { return }
        for _ in benchmark.scaledIterations {
            blackHole(counter.count(frame))
        }
    } setup: {
        try SampleMessages.produceFrame
    }

    Benchmark("Metadata v12 of 1,000 topics: rewrite addresses", configuration: .large) { benchmark, frame in
        let rewriter = BenchmarkProbes.MetadataRewriter(version: 12, advertisedHost: "127.0.0.1", firstPort: 9093)
        guard let rewriter else { return }
        for _ in benchmark.scaledIterations {
            blackHole(rewriter.rewrite(frame))
        }
    } setup: {
        try SampleMessages.metadataFrame
    }
}

extension SampleMessages {
    /// A frame of ``produceRequest`` at version 9, without its size prefix.
    static var produceFrame: ByteBuffer {
        get throws {
            var frame = ByteBuffer()
            frame.writeInteger(Int16(0))
            frame.writeInteger(Int16(9))
            frame.writeInteger(Int32(7))
            frame.writeInteger(Int16(8))
            frame.writeString("producer")
            frame.writeInteger(UInt8(0))
            frame.writeImmutableBuffer(try encoded(produceRequest, version: 9))
            return frame
        }
    }

    /// A frame of ``metadataResponse`` at version 12, without its size prefix.
    static var metadataFrame: ByteBuffer {
        get throws {
            var frame = ByteBuffer()
            frame.writeInteger(Int32(7))
            frame.writeInteger(UInt8(0))
            frame.writeImmutableBuffer(try encoded(metadataResponse, version: 12))
            return frame
        }
    }
}
