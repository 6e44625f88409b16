import HTTPTypes
import Testing

@testable import Admin

@Suite("The request guard")
struct RequestGuardTests {
    private let guardian = RequestGuard(hosts: ["Sluice.internal"])

    @Test(
        "lets in who calls by address, by localhost or by the server's name",
        arguments: [
            "127.0.0.1:9901", "127.0.0.1", "[::1]:9901", "[::1]", "10.1.2.3:80", "localhost", "LOCALHOST:9901",
            "a.localhost:1", "sluice.INTERNAL:9901",
        ])
    func letsIn(authority: String) {
        for method in [HTTPRequest.Method.get, .post] {
            let request = AdminRequest(method: method, path: "/", authority: authority)
            #expect(guardian.refusal(of: request, isOpen: false) == nil)
        }
    }

    @Test(
        "keeps out who calls by another name",
        arguments: [
            "evil.example:9901", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", ":9901",
            "localhost:", "localhost:99999", "localhost:x", "[::1", "[::1]x", "::1", "[localhost]x:1",
            "user@127.0.0.1:9901", "127.0.0.1 evil",
        ])
    func keepsOut(authority: String) {
        for method in [HTTPRequest.Method.get, .post] {
            let request = AdminRequest(method: method, path: "/", authority: authority)
            #expect(guardian.refusal(of: request, isOpen: false) != nil)
        }
        let probe = AdminRequest(method: .get, path: "/ready", authority: authority)
        #expect(guardian.refusal(of: probe, isOpen: true) == nil)
    }

    @Test("keeps out who does not say whom he calls")
    func keepsOutNameless() {
        #expect(guardian.refusal(of: AdminRequest(method: .get, path: "/"), isOpen: false) != nil)
        #expect(guardian.refusal(of: AdminRequest(method: .get, path: "/ready"), isOpen: true) == nil)
    }

    @Test(
        "lets no other site press a button",
        arguments: [
            ("Origin", "http://evil.example", false), ("Origin", "null", false),
            ("Origin", "http://127.0.0.1:8080", false), ("Origin", "http://127.0.0.1:9901", true),
            ("Origin", "https://127.0.0.1:9901", true), ("Origin", "http://127.0.0.1:9901.evil.example", false),
            ("Sec-Fetch-Site", "cross-site", false), ("Sec-Fetch-Site", "same-site", false),
            ("Sec-Fetch-Site", "same-origin", true), ("Sec-Fetch-Site", "none", true),
        ])
    func refusesOtherSites(header: String, value: String, isLetIn: Bool) throws {
        var headers = HTTPFields()
        headers[try #require(HTTPField.Name(header))] = value
        let request = AdminRequest(method: .post, path: "/", headers: headers, authority: "127.0.0.1:9901")
        #expect((guardian.refusal(of: request, isOpen: false) == nil) == isLetIn)
    }
}
