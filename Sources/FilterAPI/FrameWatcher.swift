public import KafkaMessages

/// Sees what goes to the broker, or what comes from it, while the bytes pass: nothing is held for it, and it can change
/// nothing.
///
/// Requests are shown as they leave, with the changes of all filters, and only if they leave; responses as they come from
/// the broker, before any filter. So topics have the names that the broker knows them by, wherever in the chain the filter
/// stands. The end of a request is told by ``ConnectionFilter/completed(_:)``, unless the filter only watches
/// (``Depth/watching``): then the response tells it, or that of a later request, or the end of the connection.
///
/// All calls come on the connection's event loop. Pointers are valid during a call only.
public protocol FrameWatcher: AnyObject {
    /// A frame begins. One that was begun before and has not ended is shown anew from its beginning, or cannot be read.
    ///
    /// - Parameter frame: what is known of it before its fields are read.
    /// - Returns: false if nothing of this frame need be shown; then not even its end is told.
    func beginFrame(_ frame: WatchedFrame) -> Bool

    /// A field that was asked for, by this watcher or by somebody else, in the order of the frame; null fields are left out.
    func field(_ role: FieldRole, _ value: UnsafeRawBufferPointer)

    /// Record batches begin.
    ///
    /// - Parameter bytes: how many bytes of them follow.
    func beginRecords(bytes: Int)

    /// The next bytes of the record batches.
    func recordBytes(_ bytes: UnsafeRawBufferPointer)

    /// The record batches have passed.
    func endRecords()

    /// The frame has been read to its end.
    func endFrame()
}
