/// How far decompression may go.
package struct DecompressionLimits: Sendable, Equatable {
    /// The most bytes that one batch may become. Default: 64 MiB.
    package var maxOutputBytes: Int
    /// The most bytes out for each byte in, where more than ``alwaysAllowedBytes`` come out. Default: 1,000.
    package var maxRatio: Int
    /// As many bytes may come out whatever the ratio, at most ``maxOutputBytes``: a small batch of equal values
    /// compresses very well. Default: 1 MiB.
    package var alwaysAllowedBytes: Int

    /// Creates limits; values below 0 count as 0.
    package init(
        maxOutputBytes: Int = 64 << 20, maxRatio: Int = 1_000, alwaysAllowedBytes: Int = 1 << 20
    ) {
        self.maxOutputBytes = max(0, maxOutputBytes)
        self.maxRatio = max(0, maxRatio)
        self.alwaysAllowedBytes = max(0, alwaysAllowedBytes)
    }

    /// The most bytes that an input may become.
    func bound(for inputBytes: Int) -> Int {
        let (byRatio, overflows) = inputBytes.multipliedReportingOverflow(by: maxRatio)
        return min(maxOutputBytes, max(alwaysAllowedBytes, overflows ? .max : byRatio))
    }
}
