import KafkaRecords
public import NIOCore

extension BenchmarkProbes {
    /// Record batches of one codec, and what the proxy does with them.
    public struct Batches {
        /// Batches one after another.
        public let field: ByteBuffer
        /// Bytes of their records, not compressed.
        public let recordBytes: Int
        private let contexts = CompressionContexts()
        private let limits = DecompressionLimits(maxRatio: .max)

        /// Batches of records whose values are text like JSON; nil if there is no such codec.
        ///
        /// - Parameters:
        ///   - codec: as Kafka names it: `none`, `gzip`, `snappy`, `lz4`, `zstd`.
        ///   - batches: how many.
        ///   - records: in each of them.
        ///   - valueBytes: of each record.
        public init?(codec: String, batches: Int, records: Int, valueBytes: Int) {
            guard let codec = CompressionCodec.allCases.first(where: { $0.name == codec }) else { return nil }
            var field = ByteBuffer()
            var recordBytes = 0
            var builder = RecordBatchBuilder(codec: codec)
            for batch in 0..<batches {
                builder.header.baseOffset = Int64(batch * records)
                for record in 0..<records {
                    let value = Self.text(valueBytes, from: batch * records + record)
                    guard (try? builder.append(key: nil, value: value, timestamp: Int64(record))) != nil else {
                        return nil
                    }
                }
                recordBytes += builder.byteCount - RecordBatchLayout.headerSize
                guard let bytes = try? builder.finish(with: contexts) else { return nil }
                field.writeImmutableBuffer(bytes)
            }
            self.field = field
            self.recordBytes = recordBytes
        }

        private static func text(_ count: Int, from number: Int) -> ByteBuffer {
            var bytes = ByteBuffer()
            var number = number
            while bytes.readableBytes < count {
                number = (number &* 7_919 &+ 31) & 0xFFFF
                bytes.writeString("{\"order\":\(number),\"customer\":\"c-\(number % 977)\",\"state\":\"paid\"},")
            }
            return bytes.getSlice(at: 0, length: count) ?? bytes
        }

        /// The checksum of all bytes.
        ///
        /// - Returns: CRC-32C.
        public func checksum() -> UInt32 {
            CRC32C.checksum(field)
        }

        /// Walks over all records.
        ///
        /// - Parameter verifyingChecksum: of each batch.
        /// - Returns: how many records there are.
        public func walk(verifyingChecksum: Bool) -> Int {
            var count = 0
            do throws(RecordsError) {
                var batches = RecordBatches(field)
                while let batch = try batches.next() {
                    let contents = try batch.open(
                        with: contexts, limits: limits, verifyingChecksum: verifyingChecksum)
                    var records = contents.records
                    while try records.next() != nil { count += 1 }
                }
            } catch {
                return -1
            }
            return count
        }

        /// Opens all batches, which decompresses them.
        ///
        /// - Returns: how many bytes came out.
        public func open() -> Int {
            var count = 0
            do throws(RecordsError) {
                var batches = RecordBatches(field)
                while let batch = try batches.next() {
                    count += try batch.open(with: contexts, limits: limits, verifyingChecksum: false).body.readableBytes
                }
            } catch {
                return -1
            }
            return count
        }

        /// Adds a header to one record of each batch, and encodes them.
        ///
        /// - Returns: how many bytes there are then.
        public func edit() -> Int {
            do throws(RecordsError) {
                let editor = try RecordsEditor(field, from: .log, contexts: contexts, limits: limits)
                try editor.visit { record throws(RecordsError) in
                    if record.record.index == 0 { try record.appendHeader(RecordHeader("seen-by", "sluice")) }
                }
                return try editor.finish().readableBytes
            } catch {
                return -1
            }
        }
    }
}
