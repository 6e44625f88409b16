import KafkaCodec
import KafkaMessages
import KafkaWire
import Logging
public import NIOCore
import ProxyRuntime

/// What of the data path is measured by itself: the benchmarks are a package of their own, which sees public names only.
public enum BenchmarkProbes {
    /// What was counted in a Produce request.
    public struct ProduceCount: Sendable, Equatable {
        /// Topics that the request names.
        public var topics = 0
        /// Partitions in them.
        public var partitions = 0
        /// Bytes of their record batches.
        public var bytes = 0
    }

    private struct CountingSink: FieldSink {
        var count = ProduceCount()

        mutating func field(_ role: FieldRole, _ location: FieldLocation, _ value: UnsafeRawBufferPointer) {
            if role == .topicName { count.topics += 1 } else { count.partitions += 1 }
        }

        mutating func beginRecords(_ location: FieldLocation) {
            count.bytes += location.valueLength
        }
    }

    /// Reads the header of Produce requests and counts what is in them, as the proxy does for its metrics.
    public struct ProduceCounter {
        private let program: WalkProgram
        private var walker = FieldWalker()

        /// A counter for one version.
        ///
        /// - Parameter version: of the requests.
        /// - Returns: nil if there is no such version.
        public init?(version: Int16) {
            guard let layout = MessageLayout.layout(.produce, .request), layout.validVersions.contains(version) else {
                return nil
            }
            program = WalkProgram(layout: layout, version: version, roles: [.topicName, .partitionIndex, .records])
        }

        /// Counts one request.
        ///
        /// - Parameter frame: without its size prefix.
        /// - Returns: the counts; nil if it is not such a request.
        public mutating func count(_ frame: ByteBuffer) -> ProduceCount? {
            var sink = CountingSink()
            let isRead = frame.withUnsafeReadableBytes { bytes -> Bool in
                guard case .header(let head)? = try? RequestHead.read(bytes, frameSize: bytes.count) else { return false }
                walker.begin(program, position: head.length, end: bytes.count)
                var consumed = 0
                let body = UnsafeRawBufferPointer(rebasing: bytes[head.length...])
                return (try? walker.resume(body, consumed: &consumed, sink: &sink)) == .finished
            }
            return isRead ? sink.count : nil
        }
    }

    /// Rewrites the addresses in Metadata responses, as the proxy does.
    public struct MetadataRewriter {
        private let rewriting: AddressRewriting

        /// A rewriter for one version.
        ///
        /// - Parameters:
        ///   - version: of the responses.
        ///   - advertisedHost: what clients are told.
        ///   - firstPort: the port of broker 0; there are 100.
        /// - Returns: nil if there is no such version.
        public init?(version: Int16, advertisedHost: String, firstPort: Int) {
            let rewriting = AddressRewriting(
                .metadata, version: version, advertisedHost: advertisedHost, ports: firstPort...firstPort + 99)
            guard let rewriting else { return nil }
            self.rewriting = rewriting
        }

        /// Rewrites one response.
        ///
        /// - Parameter frame: without its size prefix.
        /// - Returns: the new frame with its size prefix; nil if nothing had to change or it cannot be read.
        public func rewrite(_ frame: ByteBuffer) -> ByteBuffer? {
            rewriting.rewrite(frame)
        }
    }
}
