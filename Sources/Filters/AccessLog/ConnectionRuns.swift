import FilterAPI

/// The runs of a line as one connection has them, written anew when something in them has changed.
final class ConnectionRuns {
    @exclusivity(unchecked) private var bytes: [UInt8] = []
    /// Where each run begins, and where the last ends; empty before the first line.
    @exclusivity(unchecked) private var bounds: [Int] = []

    // What the bytes were written of.
    @exclusivity(unchecked) private var identityVersion: UInt64 = 0
    @exclusivity(unchecked) private var clientID: String?

    /// Makes the runs those of a request.
    @inline(__always)
    func update(_ program: LineProgram, for record: RequestRecord, of connection: ConnectionContext) {
        // The version is that of now: the library may have become known since the request came.
        if bounds.isEmpty || identityVersion != connection.identityVersion || clientID != record.clientID {
            write(program, record, connection)
        }
    }

    /// The bytes of a run.
    @inline(__always)
    func copy(_ run: Int, to cursor: inout LineCursor) {
        let range = bounds[run]..<bounds[run + 1]
        bytes.withUnsafeBytes { cursor.write(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    @inline(never)
    private func write(_ program: LineProgram, _ record: RequestRecord, _ connection: ConnectionContext) {
        clientID = record.clientID
        identityVersion = connection.identityVersion
        var room = 1 << 10
        while true {
            var bounds = [0]
            var isWhole = false
            bytes = [UInt8](unsafeUninitializedCapacity: room) { memory, count in
                guard var cursor = LineCursor(UnsafeMutableRawBufferPointer(memory)) else { return }
                for run in program.runs {
                    for step in run { program.write(step, of: record, connection, to: &cursor) }
                    bounds.append(cursor.count)
                }
                isWhole = !cursor.hasOverflowed
                count = cursor.count
            }
            self.bounds = bounds
            if isWhole { break }
            room *= 2
        }
        // Not the room that was needed to be sure.
        bytes = bytes.withUnsafeBytes { [UInt8]($0) }
    }
}
