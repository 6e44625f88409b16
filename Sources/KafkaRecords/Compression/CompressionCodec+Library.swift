import CLZ4
import CZlib
import CZstd

extension CompressionCodec {
    /// The library that does the work, with the version that the process runs with: `zlib 1.2.13`. Nil without compression.
    package var library: String? {
        switch self {
        case .none: nil
        case .gzip: "zlib \(String(cString: zlibVersion()))"
        case .snappy: "Snappy"  // It does not tell its version.
        case .lz4: "LZ4 \(String(cString: LZ4_versionString()))"
        case .zstd: "Zstandard \(String(cString: ZSTD_versionString()))"
        }
    }
}
