public import KafkaWire
public import NIOCore
public import Settings

/// One feature that sees messages: a value shared by all connections of a listener.
///
/// What belongs to one connection goes into the ``ConnectionFilter`` that it makes.
public protocol Filter: Sendable {
    /// What the filter wants to see. Asked once, when the chain is built.
    var interests: [Interest] { get }

    /// Makes what accompanies one connection; called on the connection's event loop.
    ///
    /// - Parameter connection: the client, and what a filter may ask for.
    /// - Returns: the filter's part in the connection, called on the same event loop until the connection has closed.
    func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter

    /// Makes what accompanies a connection that is open already, when the chain is exchanged under it and this filter
    /// takes the place of one of the same name and type.
    ///
    /// - Parameters:
    ///   - connection: the client.
    ///   - old: what the former filter made; requests that it saw still come to their end with it.
    /// - Returns: as ``makeConnectionFilter(_:)``, which is what a filter has that keeps nothing over the exchange.
    func makeConnectionFilter(
        _ connection: ConnectionContext, replacing old: any ConnectionFilter
    ) -> any ConnectionFilter

    /// True if the filter may have a part in what a client sends. It is left out of the plans for all others, whose
    /// frames are taken in as if it was not there.
    ///
    /// Asked on the client's event loop, when the client is known and again when it gives another client ID or has
    /// another principal; the answer must not change for the same client.
    func concerns(_ client: ClientIdentity) -> Bool

    /// Decides on connections before anything is read from them; nil if the filter does not.
    var gate: (any ConnectionGate)? { get }

    /// What an operator sees of the filter and may change on it while it runs; nil if there is nothing.
    var control: (any FilterControl)? { get }

    /// What the filter shows live to whoever watches; nil if nothing.
    var stream: (any FilterStream)? { get }

    /// Called on `SIGUSR1`: files that are written to are to be opened anew.
    func reopenFiles()

    /// Called once when the filter is no longer used: what is buffered is to be written.
    func shutDown() async
}

extension Filter {
    /// Begins anew.
    public func makeConnectionFilter(
        _ connection: ConnectionContext, replacing old: any ConnectionFilter
    ) -> any ConnectionFilter { makeConnectionFilter(connection) }

    /// Most filters are for all clients.
    public func concerns(_ client: ClientIdentity) -> Bool { true }

    /// Most filters look at requests only.
    public var gate: (any ConnectionGate)? { nil }

    /// Most filters do as their configuration says and no more.
    public var control: (any FilterControl)? { nil }

    /// Most filters have nothing to be watched.
    public var stream: (any FilterStream)? { nil }

    /// Most filters write no files.
    public func reopenFiles() {}

    /// Most filters hold nothing back.
    public func shutDown() async {}
}

/// A filter's part in one connection. All calls come on the connection's event loop, one after another.
public protocol ConnectionFilter: AnyObject {
    /// A request, on its way to the broker.
    ///
    /// - Parameter request: what the interests asked for; changes are made on it.
    /// - Returns: what becomes of it. On a frame that has passed already, only `.forward` and `.close` have a meaning.
    func request(_ request: FilteredRequest) -> RequestAction

    /// A response, on its way to the client. Filters see responses in the reverse order of the chain.
    func response(_ response: FilteredResponse) -> ResponseAction

    /// A request that this filter saw has come to its end. Called exactly once for each, also when the connection was
    /// closed under it, and for requests without an answer.
    func completed(_ request: CompletedRequest)

    /// The client has tried to sign in. A dry run is told as well.
    func authenticated(_ result: AuthenticationResult)

    /// The connection has closed; nothing is called after this.
    func connectionClosed()

    /// Who sees the frames of a direction that an interest says are watched; asked once. Frames of the two directions pass at
    /// the same time, so what watches both is two.
    func watcher(of direction: Direction) -> (any FrameWatcher)?
}

extension ConnectionFilter {
    /// Forwards it.
    public func request(_ request: FilteredRequest) -> RequestAction { .forward }
    /// Forwards it.
    public func response(_ response: FilteredResponse) -> ResponseAction { .forward }
    /// Does nothing.
    public func completed(_ request: CompletedRequest) {}
    /// Does nothing.
    public func authenticated(_ result: AuthenticationResult) {}
    /// Does nothing.
    public func connectionClosed() {}
    /// Most filters watch nothing.
    public func watcher(of direction: Direction) -> (any FrameWatcher)? { nil }
}

/// What becomes of a request.
public enum RequestAction: Sendable {
    /// It goes on to the next filter and to the broker, with the changes made on it.
    case forward
    /// It ends here; the client gets this answer, in its turn. Later filters do not see it; earlier ones see it as a
    /// response.
    case answer(Answer)
    /// It waits for the future's action. Requests behind it on the connection wait too.
    case hold(EventLoopFuture<RequestAction>)
    /// The filter has seen the header and has to see more: the frame is held until it is whole, and shown to this
    /// filter again, then to the ones behind it. On a frame that is whole already, or has passed, this is a mistake of
    /// the filter's and means ``forward``.
    case inspect
    /// The connection is closed. The reason appears in logs and metrics: a short word of a small set.
    case close(reason: String)
}

/// What becomes of a response.
public enum ResponseAction: Sendable {
    /// It goes on, with the changes made on it.
    case forward
    /// It waits for the future's action; the responses behind it wait too.
    case hold(EventLoopFuture<ResponseAction>)
    /// The connection is closed.
    case close(reason: String)
}

/// Makes a filter from its settings: what the list of built-in filters holds.
public protocol FilterFactory: SendableMetatype {
    /// The validated settings.
    associatedtype Configuration: Sendable

    /// The name under `type:` in the configuration.
    static var type: String { get }

    /// One line for the configuration's JSON Schema.
    static var summary: String { get }

    /// Reads the settings; every error is noted in the reader.
    static func read(_ reader: inout SettingsReader) -> Configuration?

    /// Makes the filter.
    ///
    /// - Parameters:
    ///   - configuration: the settings.
    ///   - context: the filter's name, its metrics, and what it may use.
    /// - Returns: the filter, which all connections of the listener share.
    /// - Throws: an error that says what is missing, for instance a file that cannot be opened.
    static func make(_ configuration: Configuration, context: FilterContext) throws -> any Filter
}
