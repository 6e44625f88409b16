/// Counts the records in record batches as their bytes flow past, by the batches' headers alone.
///
/// Batches of the current format (v2) say how many records they hold; messages of the old formats (v0, v1) count as
/// one each, a compressed set of them too, since only its contents could say more. A last batch that is cut off, as
/// a Fetch may return, is not counted.
package struct RecordsScanner {
    /// Records counted since ``begin()``.
    package private(set) var records = 0
    /// Bytes of the current batch still to pass before the next header.
    private var passing = 0
    /// Records of the current batch: they count once it has passed whole.
    private var announced = 0
    /// What has come of a header that is not whole.
    private var header = InlineArray<61, UInt8>(repeating: 0)
    private var headerCount = 0
    /// True when the bytes stopped making sense; the rest is not looked at.
    private var lost = false

    /// Offsets and sizes in the header of a batch, in bytes.
    private enum Layout {
        static let length = 8
        static let magic = 16
        static let recordCount = 57
        static let size = 61
        /// The bytes before those that `length` counts.
        static let prefix = 12
        /// The least that an old message takes after `length`.
        static let smallestMessage = 14
    }

    package init() {}

    /// Begins with a new field of records.
    package mutating func begin() {
        records = 0
        passing = 0
        announced = 0
        headerCount = 0
        lost = false
    }

    /// Takes the next bytes.
    package mutating func scan(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        var offset = 0
        while offset < bytes.count, !lost {
            if passing > 0 {
                let count = min(passing, bytes.count - offset)
                passing -= count
                offset += count
                if passing == 0 { records += announced }
                continue
            }
            let left = bytes.count - offset
            if headerCount == 0, left >= Layout.size {
                offset += open(UnsafeRawBufferPointer(start: base + offset, count: Layout.size))
                continue
            }
            let count = min(left, neededOfHeader - headerCount)
            for index in 0..<count { header[headerCount + index] = bytes[offset + index] }
            headerCount += count
            offset += count
            if headerCount == neededOfHeader, headerCount > Layout.magic {
                finishHeader()
            }
        }
    }

    /// How much of a header has to be there to go on: up to the magic byte, then all of it where it is a new batch.
    private var neededOfHeader: Int {
        guard headerCount > Layout.magic else { return Layout.magic + 1 }
        return header[Layout.magic] >= 2 ? Layout.size : Layout.magic + 1
    }

    private mutating func finishHeader() {
        headerCount = 0
        withUnsafeBytes(of: header) { _ = open($0) }
    }

    /// Reads a header, counts its records, and says how many bytes it used; the rest of the batch is then passed.
    private mutating func open(_ header: UnsafeRawBufferPointer) -> Int {
        let length = Int(Int32(bigEndian: header.loadUnaligned(fromByteOffset: Layout.length, as: Int32.self)))
        if header[Layout.magic] >= 2 {
            guard length >= Layout.size - Layout.prefix else {
                lost = true
                return Layout.size
            }
            let count = Int32(bigEndian: header.loadUnaligned(fromByteOffset: Layout.recordCount, as: Int32.self))
            announced = max(0, Int(count))
            passing = length + Layout.prefix - Layout.size
            if passing == 0 { records += announced }
            return Layout.size
        }
        guard length >= Layout.smallestMessage else {
            lost = true
            return Layout.magic + 1
        }
        announced = 1
        passing = length + Layout.prefix - (Layout.magic + 1)
        return Layout.magic + 1
    }
}
