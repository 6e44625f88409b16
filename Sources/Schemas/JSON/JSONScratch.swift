/// What one event loop needs to read and check JSON documents.
final class JSONScratch: ScratchState {
    let parser = JSONParser()
    var arena = ScratchArena()

    init() {}

    deinit { arena.free() }

    /// Reads a document and hands it over; what was allocated meanwhile is given back.
    func withDocument<Failure: Error, Result>(
        _ bytes: UnsafeRawBufferPointer, _ limits: JSONLimits,
        _ body: (JSONTape, inout ScratchArena) throws(Failure) -> Result,
        refused: (SchemaViolation) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let tape: JSONTape
        do throws(SchemaViolation) {
            tape = try parser.parse(bytes, limits)
        } catch {
            return try refused(error)
        }
        defer { arena.reset() }
        if limits.refusesDuplicateNames, let name = DuplicateNames.first(in: tape, &arena) {
            return try refused(
                SchemaViolation("the object has this member twice", at: .path(tape.pointer(to: name))))
        }
        return try body(tape, &arena)
    }
}
