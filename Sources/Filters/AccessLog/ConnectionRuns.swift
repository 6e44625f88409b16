import FilterAPI

/// The runs of a line as one connection has them, written anew when something in them has changed.
struct ConnectionRuns {
    private var bytes: [UInt8] = []
    /// Where each run begins, and where the last ends; empty before the first line.
    private var bounds: [Int] = []

    // What the bytes were written of.
    private var clientAddress = ""
    private var clientPort = 0
    private var principal = ""
    private var clientID: String?
    private var softwareName: String?
    private var softwareVersion: String?

    /// Makes the runs those of a request.
    @inline(__always)
    mutating func update(_ program: LineProgram, for record: RequestRecord, of connection: ConnectionContext) {
        if bounds.isEmpty || clientID != record.clientID || principal != connection.principal
            || clientPort != connection.clientPort || clientAddress != connection.clientAddress
            || softwareName != connection.softwareName || softwareVersion != connection.softwareVersion
        {
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
    private mutating func write(_ program: LineProgram, _ record: RequestRecord, _ connection: ConnectionContext) {
        clientID = record.clientID
        principal = connection.principal
        clientPort = connection.clientPort
        clientAddress = connection.clientAddress
        softwareName = connection.softwareName
        softwareVersion = connection.softwareVersion
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
