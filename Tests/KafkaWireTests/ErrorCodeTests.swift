import KafkaWire
import Testing

@Suite("Error codes")
struct ErrorCodeTests {
    @Test(
        "Numbers and names",
        arguments: [
            (ErrorCode.unknownServerError, -1, "UNKNOWN_SERVER_ERROR"), (.none, 0, "NONE"),
            (.unsupportedVersion, 35, "UNSUPPORTED_VERSION"), (.unknownTopicID, 100, "UNKNOWN_TOPIC_ID"),
            (.fetchSessionIDNotFound, 70, "FETCH_SESSION_ID_NOT_FOUND"),
            (.rebootstrapRequired, 129, "REBOOTSTRAP_REQUIRED"),
            (.shareSessionLimitReached, 133, "SHARE_SESSION_LIMIT_REACHED"),
        ] as [(ErrorCode, Int16, String)])
    func names(code: ErrorCode, number: Int16, name: String) {
        #expect(code.rawValue == number)
        #expect(code.name == name)
    }

    @Test("A number that is not known has no name", arguments: [-2, 134, Int16.max, Int16.min])
    func unknown(number: Int16) {
        #expect(ErrorCode(rawValue: number).name == nil)
        #expect(ErrorCode(rawValue: number).description == "ERROR_\(number)")
    }
}
