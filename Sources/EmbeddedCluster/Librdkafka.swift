internal import Glibc

/// The functions of librdkafka's C API that this module calls, found at run time.
///
/// The library is opened with `dlopen` and not linked, so that the command needs it for the demo only.
/// Source: `rdkafka.h` and `rdkafka_mock.h` of librdkafka 1.7 and later, whose binary interface is stable.
struct Librdkafka: Sendable {
    typealias CString = UnsafePointer<CChar>
    typealias DeliveryReport =
        @convention(c) (OpaquePointer?, UnsafeRawPointer?, UnsafeMutableRawPointer?) -> Void

    /// `rd_kafka_type_t`.
    enum ClientType: Int32 {
        case producer = 0
        case consumer = 1
    }

    let newConfiguration: @convention(c) () -> OpaquePointer?
    let destroyConfiguration: @convention(c) (OpaquePointer) -> Void
    let setConfiguration: @convention(c) (OpaquePointer, CString, CString, UnsafeMutablePointer<CChar>, Int) -> Int32
    let setOpaque: @convention(c) (OpaquePointer, UnsafeMutableRawPointer?) -> Void
    let setDeliveryReport: @convention(c) (OpaquePointer, DeliveryReport) -> Void
    let newClient: @convention(c) (Int32, OpaquePointer?, UnsafeMutablePointer<CChar>, Int) -> OpaquePointer?
    let destroyClient: @convention(c) (OpaquePointer) -> Void
    let errorDescription: @convention(c) (Int32) -> CString?
    let lastError: @convention(c) () -> Int32

    let newTopic: @convention(c) (OpaquePointer, CString, OpaquePointer?) -> OpaquePointer?
    let destroyTopic: @convention(c) (OpaquePointer) -> Void
    let produce:
        @convention(c) (
            OpaquePointer, Int32, Int32, UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int,
            UnsafeMutableRawPointer?
        ) -> Int32
    let poll: @convention(c) (OpaquePointer, Int32) -> Int32
    let flush: @convention(c) (OpaquePointer, Int32) -> Int32

    let newPartitionList: @convention(c) (Int32) -> OpaquePointer?
    let addPartition: @convention(c) (OpaquePointer, CString, Int32) -> UnsafeMutableRawPointer?
    let setPartitionOffset: @convention(c) (OpaquePointer, CString, Int32, Int64) -> Int32
    let destroyPartitionList: @convention(c) (OpaquePointer) -> Void
    let assign: @convention(c) (OpaquePointer, OpaquePointer) -> Int32
    let subscribe: @convention(c) (OpaquePointer, OpaquePointer) -> Int32
    let pollConsumer: @convention(c) (OpaquePointer, Int32) -> UnsafeMutableRawPointer?
    let destroyMessage: @convention(c) (UnsafeMutableRawPointer) -> Void
    let closeConsumer: @convention(c) (OpaquePointer) -> Int32

    let newMockCluster: @convention(c) (OpaquePointer, Int32) -> OpaquePointer?
    let destroyMockCluster: @convention(c) (OpaquePointer) -> Void
    let mockBootstrapServers: @convention(c) (OpaquePointer) -> CString?
    let createMockTopic: @convention(c) (OpaquePointer, CString, Int32, Int32) -> Int32
    let setMockBrokerDown: @convention(c) (OpaquePointer, Int32) -> Int32
    let setMockBrokerUp: @convention(c) (OpaquePointer, Int32) -> Int32
    let setMockBrokerRTT: @convention(c) (OpaquePointer, Int32, Int32) -> Int32
    let setMockLeader: @convention(c) (OpaquePointer, CString, Int32, Int32) -> Int32
    let setMockTopicError: @convention(c) (OpaquePointer, CString, Int32) -> Void
    let setMockVersions: @convention(c) (OpaquePointer, Int16, Int16, Int16) -> Int32
    let pushMockErrors: @convention(c) (OpaquePointer, Int16, Int, UnsafePointer<Int32>) -> Void
    let clearMockErrors: @convention(c) (OpaquePointer, Int16) -> Void

    /// Opens the library.
    ///
    /// - Throws: `EmbeddedClusterError.libraryMissing` without the library, `.symbolMissing` if it is too old.
    static func load(named name: String = "librdkafka.so.1") throws(EmbeddedClusterError) -> Librdkafka {
        guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            throw .libraryMissing(reason: dlerror().map { String(cString: $0) } ?? "dlopen failed")
        }
        return try Librdkafka(library: library)
    }

    private init(library: UnsafeMutableRawPointer) throws(EmbeddedClusterError) {
        /// The C function of that name. Safety: the types above are those of the C declarations.
        func symbol<Function>(_ name: String, as type: Function.Type = Function.self) throws(EmbeddedClusterError)
            -> Function
        {
            guard let address = dlsym(library, "rd_kafka_\(name)") else { throw .symbolMissing("rd_kafka_\(name)") }
            return unsafeBitCast(address, to: type)
        }
        newConfiguration = try symbol("conf_new")
        destroyConfiguration = try symbol("conf_destroy")
        setConfiguration = try symbol("conf_set")
        setOpaque = try symbol("conf_set_opaque")
        setDeliveryReport = try symbol("conf_set_dr_msg_cb")
        newClient = try symbol("new")
        destroyClient = try symbol("destroy")
        errorDescription = try symbol("err2str")
        lastError = try symbol("last_error")
        newTopic = try symbol("topic_new")
        destroyTopic = try symbol("topic_destroy")
        produce = try symbol("produce")
        poll = try symbol("poll")
        flush = try symbol("flush")
        newPartitionList = try symbol("topic_partition_list_new")
        addPartition = try symbol("topic_partition_list_add")
        setPartitionOffset = try symbol("topic_partition_list_set_offset")
        destroyPartitionList = try symbol("topic_partition_list_destroy")
        assign = try symbol("assign")
        subscribe = try symbol("subscribe")
        pollConsumer = try symbol("consumer_poll")
        destroyMessage = try symbol("message_destroy")
        closeConsumer = try symbol("consumer_close")
        newMockCluster = try symbol("mock_cluster_new")
        destroyMockCluster = try symbol("mock_cluster_destroy")
        mockBootstrapServers = try symbol("mock_cluster_bootstraps")
        createMockTopic = try symbol("mock_topic_create")
        setMockBrokerDown = try symbol("mock_broker_set_down")
        setMockBrokerUp = try symbol("mock_broker_set_up")
        setMockBrokerRTT = try symbol("mock_broker_set_rtt")
        setMockLeader = try symbol("mock_partition_set_leader")
        setMockTopicError = try symbol("mock_topic_set_error")
        setMockVersions = try symbol("mock_set_apiversion")
        pushMockErrors = try symbol("mock_push_request_errors_array")
        clearMockErrors = try symbol("mock_clear_request_errors")
    }

    /// Throws what `code`, a `rd_kafka_resp_err_t`, means; 0 is no error.
    func check(_ code: Int32, _ action: String) throws(EmbeddedClusterError) {
        guard code != 0 else { return }
        let reason = errorDescription(code).map { String(cString: $0) } ?? "error \(code)"
        throw .failed(action: action, reason: reason)
    }

    /// A client with these settings (librdkafka's property names).
    ///
    /// - Throws: `EmbeddedClusterError.failed` for a property or value that the library refuses.
    func makeClient(
        _ type: ClientType, properties: [String: String], deliveryReport: DeliveryReport? = nil,
        opaque: UnsafeMutableRawPointer? = nil
    ) throws(EmbeddedClusterError) -> OpaquePointer {
        var reason = [CChar](repeating: 0, count: 512)
        guard let configuration = newConfiguration() else {
            throw .failed(action: "make a configuration", reason: "out of memory")
        }
        for (name, value) in properties.sorted(by: { $0.key < $1.key })
        where setConfiguration(configuration, name, value, &reason, reason.count) != 0 {
            destroyConfiguration(configuration)
            throw .failed(action: "set \(name)=\(value)", reason: text(of: reason))
        }
        if let deliveryReport { setDeliveryReport(configuration, deliveryReport) }
        setOpaque(configuration, opaque)
        guard let client = newClient(type.rawValue, configuration, &reason, reason.count) else {
            destroyConfiguration(configuration)
            throw .failed(action: "start a \(type)", reason: text(of: reason))
        }
        return client
    }

    private func text(of characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
